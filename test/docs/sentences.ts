/** The sentences of a document, so that their length can be measured. */

/** Paragraphs, list items and cells of tables; not code, and not headings. */
function passagesOf(markdown: string): string[] {
  const text = markdown.replaceAll(/^```[\s\S]*?^```$/gm, '').replaceAll(/<[^>]+>/g, '')
  const passages: string[] = []
  let open = false
  for (const line of text.split('\n').map((raw) => raw.trim())) {
    if (line.startsWith('|')) passages.push(...line.split(/(?<!\\)\|/))
    else if (open && line !== '' && !/^(#|- |\d+\. )/.test(line)) passages.push(`${passages.pop()} ${line}`)
    else if (!line.startsWith('#')) passages.push(line.replace(/^(- |\d+\. )/, ''))
    open = line !== '' && !/^[|#]/.test(line)
  }
  return passages
}

/** How many words each sentence has, from the shortest to the longest; what has less than four words is no sentence. */
export function sentenceLengths(markdown: string): number[] {
  return passagesOf(markdown)
    .flatMap((passage) => passage.replaceAll(/\]\([^)]*\)/g, ']').split(/(?<=[.!?])\s+(?=[\p{Lu}`*[("…\d])/u))
    .map((sentence) => sentence.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length)
    .filter((words) => words > 3)
    .sort((a, b) => a - b)
}
