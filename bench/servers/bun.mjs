/** Bun's built-in server: `server.publish`, which is C++ from there on. Runs in Bun only. */
import { ready } from './control.mjs'

const { Bun } = /** @type {any} */ (globalThis)
const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch: (/** @type {any} */ request, /** @type {any} */ server) =>
    server.upgrade(request) ? undefined : new Response('', { status: 426 }),
  websocket: {
    idleTimeout: 0,
    open: (/** @type {any} */ webSocket) => webSocket.subscribe('bench'),
    message: () => undefined,
  },
})

ready(server.port, (message, done) => {
  server.publish('bench', message.toString())
  done()
})
