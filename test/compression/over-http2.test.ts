/** What is compressed, over HTTP/2 and TLS: the tests that it passes over HTTP/1.1, WebSockets included. */
import { speak } from '../support/transport.js'

speak('h2')
await import('./compressed-reads.test.js')
await import('./hostile-frames.test.js')
