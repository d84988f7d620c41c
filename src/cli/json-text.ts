/** JSON as text: what messages hold is neither parsed nor spelt anew, so that `1.0` and long numbers stay. */
import type { Json } from '../client/link.js'
import { fieldOf, messagesOf } from '../protocol/json-walk.js'

/** The frames of the client, in which `data` is the text of its JSON. */
export const jsonText: Json = {
  parse(text: string) {
    const value: unknown = JSON.parse(text)
    const bytes = Buffer.from(text)
    if (!Array.isArray(value)) return withText(value, bytes)
    // A batch is an array of frames.
    const frames = messagesOf(bytes)
    return value.map((frame, i) => withText(frame, frames[i]))
  },
  stringify({ data, ...request }: { readonly data?: string }) {
    const rest = JSON.stringify(request)
    return data === undefined ? rest : `${rest.slice(0, -1)},"data":${data}}`
  },
}

/** The frame, with the text of each message's data in place of its value. */
function withText(value: unknown, bytes: Uint8Array | undefined): unknown {
  const frame = value as { readonly messages?: unknown }
  const list = bytes && fieldOf(bytes, 'messages')
  if (!list || !Array.isArray(frame.messages)) return value
  const texts = messagesOf(list).map((message) => fieldOf(message, 'data'))
  const messages = frame.messages.map((message, i) => {
    const text = texts[i]
    return text ? { ...message, data: Buffer.from(text).toString() } : message
  })
  return { ...frame, messages }
}

/** JSON in one line: without the space between its parts, and otherwise as it is spelt. */
export function inOneLine(json: string): string {
  return json.replace(/"(?:[^"\\]+|\\.)*"|\s+/g, (part) => (part.startsWith('"') ? part : ''))
}
