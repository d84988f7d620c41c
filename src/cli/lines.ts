/** Lines of an input, gathered while the ones before them are being sent. */

export interface Line {
  readonly text: string
  /** 1 for the first line, empty lines counted. */
  readonly number: number
}

const mostLines = 500
const mostCharacters = 256 * 1024
/** As many lines waiting make the input wait. */
const mostWaiting = 10_000

interface Lines extends AsyncIterable<string> {
  pause(): unknown
  resume(): unknown
  on(event: 'line', listener: (text: string) => void): unknown
  on(event: 'close', listener: () => void): unknown
}

/**
 * Yields what lines there are: one at once, several when they came faster than they were taken. Empty lines are left
 * out.
 */
export async function* batches(input: Lines): AsyncGenerator<Line[]> {
  const waiting: Line[] = []
  let number = 0
  let ended = false
  let arrived: () => void = () => undefined
  input.on('line', (text) => {
    number++
    if (text !== '') waiting.push({ text, number })
    if (waiting.length >= mostWaiting) input.pause()
    arrived()
  })
  input.on('close', () => {
    ended = true
    arrived()
  })
  while (true) {
    if (waiting.length > 0) yield waiting.splice(0, fitting(waiting))
    else if (ended) return
    else {
      input.resume()
      await new Promise<void>((done) => {
        arrived = done
      })
    }
  }
}

/** How many lines make a batch: at least one, however long. */
function fitting(lines: readonly Line[]): number {
  let characters = 0
  const some = lines.slice(0, mostLines)
  const over = some.findIndex(({ text }) => {
    characters += text.length
    return characters > mostCharacters
  })
  return over < 0 ? some.length : Math.max(1, over)
}
