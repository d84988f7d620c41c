/** Reads an event stream from a response's body. */

/**
 * @param {ReadableStream<Uint8Array>} body
 * @param {(bytes: number) => void} count told how many bytes came
 */
export async function* readEvents(body, count) {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  while (true) {
    const { done, value } = await reader.read()
    if (done) return
    count(value.length)
    const blocks = (text + decoder.decode(value, { stream: true })).split('\n\n')
    text = blocks.pop() ?? ''
    yield* blocks.map(parse)
  }
}

/** @param {string} block */
function parse(block) {
  const event = { event: 'message', data: '' }
  for (const line of block.split('\n')) {
    const [, field, value] = /^(event|data): ?(.*)$/.exec(line) ?? []
    if (field === 'event') event.event = value ?? ''
    if (field === 'data') event.data += value
  }
  return event
}
