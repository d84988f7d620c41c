/** One form of each wire over HTTP/2 without TLS, as behind a proxy. */
import { speak } from '../support/transport.js'

speak('h2c')
await import('../forms/anywire-post.test.js')
await import('../forms/plain-poll.test.js')
await import('../forms/plain-sse.test.js')
await import('../forms/plain-websocket.test.js')
