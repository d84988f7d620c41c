/** All forms over HTTP/2 and TLS: the tests that they pass over HTTP/1.1, but for the client's files, where they write HTTP/1.0 by hand. */
import { speak } from '../support/transport.js'

speak('h2')
await import('../forms/anywire-post.test.js')
await import('../forms/anywire-websocket.test.js')
await import('../forms/durable-live.test.js')
await import('../forms/durable-pages.test.js')
await import('../forms/many-channels.test.js')
await import('../forms/plain-poll.test.js')
await import('../forms/plain-sse.test.js')
await import('../forms/plain-websocket.test.js')
