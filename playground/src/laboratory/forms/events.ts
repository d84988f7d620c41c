/** Reads an event stream from a response's body: event and data are all there is in ours. */
export async function* readEvents(body: ReadableStream<Uint8Array>) {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  while (true) {
    const { done, value } = await reader.read()
    if (done) return
    const blocks = (text + decoder.decode(value, { stream: true })).split('\n\n')
    text = blocks.pop() ?? ''
    yield* blocks.map(parse)
  }
}

function parse(block: string): { readonly event: string; readonly data: string } {
  const fields = { event: 'message', data: '' }
  for (const line of block.split('\n')) {
    const [, field, value = ''] = /^(event|data): ?(.*)$/.exec(line) ?? []
    if (field === 'event') fields.event = value
    if (field === 'data') fields.data += value
  }
  return fields
}
