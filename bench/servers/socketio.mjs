/** Socket.IO over its WebSocket transport: `io.emit`. */
import { createServer } from 'node:http'
import { Server } from 'socket.io'
import { listen } from './control.mjs'

const http = createServer()
const io = new Server(http, { transports: ['websocket'], serveClient: false, pingInterval: 600_000 })

listen(http, (message, done) => {
  io.emit('message', JSON.parse(message.toString()))
  done()
})
