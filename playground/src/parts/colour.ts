/** Splits TypeScript into words that are shown alike: comments, strings, keywords, numbers. */
export type Word = readonly [kind: 'comment' | 'string' | 'keyword' | 'numeral' | '', text: string]

const word =
  /(?<comment>\/\*[\s\S]*?\*\/|\/\/.*)|(?<string>'[^'\n]*'|`[^`]*`)|(?<keyword>\b(?:import|export|from|type|interface|const|let|function|return|if|else|for|of|in|new|await|async|class|extends|implements|readonly|true|false|undefined|void|satisfies|as|throw|try|catch|default)\b)|(?<numeral>\b\d[\d_]*\b)/g

export function colour(code: string): Word[] {
  const words: Word[] = []
  let end = 0
  for (const match of code.matchAll(word)) {
    const kind = Object.entries(match.groups ?? {}).find(([, text]) => text !== undefined)?.[0] as Word[0]
    words.push(['', code.slice(end, match.index)], [kind, match[0]])
    end = match.index + match[0].length
  }
  words.push(['', code.slice(end)])
  return words
}
