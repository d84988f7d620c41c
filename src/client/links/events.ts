/** Reads an event stream: what its events hold, whatever their lines end with (WHATWG HTML, "Server-sent events"). */

/**
 * Answers a function to feed with bytes as they come; it calls `event` with the data of each event that is complete.
 */
export function eventReader(event: (data: string) => void): (bytes: Uint8Array) => void {
  const decoder = new TextDecoder()
  let data: string[] = []
  let rest = ''
  let endsWithCr = false

  const line = (text: string) => {
    if (text.startsWith('data:')) data.push(text.slice(text[5] === ' ' ? 6 : 5))
    else if (text === '' && data.length > 0) {
      event(data.join('\n'))
      data = []
    }
  }
  return (bytes) => {
    let text = decoder.decode(bytes, { stream: true })
    // The second half of a CRLF that came in two pieces ends no further line.
    const half = endsWithCr && text.startsWith('\n')
    if (text) endsWithCr = text.endsWith('\r')
    if (half) text = text.slice(1)
    const lines = text.split(/\r\n|\r|\n/)
    lines[0] = rest + lines[0]
    rest = lines.pop()!
    lines.forEach(line)
  }
}
