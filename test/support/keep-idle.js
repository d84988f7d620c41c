/**
 * Is loaded into every Node process that a test starts: its servers keep a connection that idles for a minute, not for
 * five seconds. On a busy machine a client may not hear in time that it was ended, and its next request meets that.
 */
import { subscribe } from 'node:diagnostics_channel'

subscribe('http.server.request.start', (message) => {
  const { server } = /** @type {{ server: { keepAliveTimeout: number } }} */ (message)
  server.keepAliveTimeout = 60_000
})
