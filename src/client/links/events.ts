/** Reads an event stream: what its events hold, whatever their lines end with (WHATWG HTML, "Server-sent events"). */

/** No message of a server is so long, however its limits are set: what does not end is no event. */
const maxChars = 2 ** 28

/**
 * Answers a function to feed with bytes as they come; it calls `event` with the data of each event that is complete.
 * The function throws a RangeError when an event has more than `max` characters.
 */
export function eventReader(event: (data: string) => void, max = maxChars): (bytes: Uint8Array) => void {
  const decoder = new TextDecoder()
  let data: string[] = []
  let rest = ''
  let endsWithCr = false
  let chars = 0

  const line = (text: string) => {
    if (text.startsWith('data:')) data.push(text.slice(text[5] === ' ' ? 6 : 5))
    else if (text === '') {
      if (data.length > 0) event(data.join('\n'))
      data = []
      chars = 0
    }
  }
  return (bytes) => {
    let text = decoder.decode(bytes, { stream: true })
    // The second half of a CRLF that came in two pieces ends no further line.
    const half = endsWithCr && text.startsWith('\n')
    if (text) endsWithCr = text.endsWith('\r')
    if (half) text = text.slice(1)
    chars += text.length
    const lines = text.split(/\r\n|\r|\n/)
    lines[0] = rest + lines[0]
    rest = lines.pop() ?? ''
    lines.forEach(line)
    if (chars > max) throw new RangeError('An event does not end.')
  }
}
