/** Lines of text from a socket. */

/** A longer one is none of ours. */
const maxChars = 16_777_216

/**
 * Answers what takes the pieces of a stream; it calls `line` for each line that is whole.
 * @throws RangeError for a line that does not end
 */
export function linesOf(line: (text: string) => void): (bytes: Buffer) => void {
  const decoder = new TextDecoder()
  let rest = ''
  return (bytes) => {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > maxChars) throw new RangeError('A line does not end.')
    for (const text of lines) line(text)
  }
}
