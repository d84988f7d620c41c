/** The bare loop: one `socket.write` of the message's Buffer per subscriber and message. Nothing that sends on plain Node does less. */
import { createServer } from 'node:net'
import { listen } from './control.mjs'

const sockets = new Set()
const server = createServer({ noDelay: true }, (socket) => {
  sockets.add(socket)
  socket.on('close', () => sockets.delete(socket))
  socket.on('error', () => undefined)
  socket.write('hello\n')
})

listen(server, (message, done) => {
  for (const socket of sockets) socket.write(message)
  done()
})
