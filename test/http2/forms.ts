/** The tests of all forms, to be run over what is spoken. Those of the client's files are left out: they write HTTP/1.0 by hand. */
import { type Speech, speak } from '../support/transport.js'

export async function formsOver(speech: Speech): Promise<void> {
  speak(speech)
  await import('../forms/anywire-post.test.js')
  await import('../forms/anywire-websocket.test.js')
  await import('../forms/durable-live.test.js')
  await import('../forms/durable-pages.test.js')
  await import('../forms/many-channels.test.js')
  await import('../forms/plain-poll.test.js')
  await import('../forms/plain-sse.test.js')
  await import('../forms/plain-websocket.test.js')
}
