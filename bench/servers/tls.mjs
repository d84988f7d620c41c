/** The least that TLS costs: one `socket.write` to each. */
import { createServer } from 'node:tls'
import { makeAuthority, signLocalhost } from '../../dist/tls/certificate.js'
import { listen } from './control.mjs'

const sockets = new Set()
const server = createServer(await signLocalhost(await makeAuthority()), (socket) => {
  socket.write('hello\n')
  sockets.add(socket)
  socket.on('close', () => sockets.delete(socket))
  socket.on('error', () => undefined)
})

listen(server, (message, done) => {
  const event = Buffer.from(`data: ${message}\n\n`)
  for (const socket of sockets) socket.write(event)
  done()
})
