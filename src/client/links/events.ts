/** Reads the events of our own streams: one `data` field each, in UTF-8 (WHATWG HTML, "Server-sent events"). */

/** Answers a function to feed with bytes as they come; it calls `event` with the data of each event that is complete. */
export function eventReader(event: (data: string) => void): (bytes: Uint8Array) => void {
  const decoder = new TextDecoder()
  let rest = ''
  return (bytes) => {
    const events = (rest + decoder.decode(bytes, { stream: true })).split('\n\n')
    rest = events.pop()!
    for (const text of events) if (text.startsWith('data: ')) event(text.slice(6))
  }
}
