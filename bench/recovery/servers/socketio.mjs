/** Socket.IO with its defaults, and connection state recovery on. */
import { createServer } from 'node:http'
import { Server } from 'socket.io'
import { tick } from './ticking.mjs'

tick(() => {
  const server = createServer()
  const io = new Server(server, { serveClient: false, connectionStateRecovery: {} })
  return { server, publish: (number) => io.emit('message', number) }
})
