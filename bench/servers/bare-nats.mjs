/** The bare way over NATS: one publish of JetStream; whoever hears its subject writes it to its sockets. `bare-nats.mjs <url>` */
import { createServer } from 'node:net'
import { connect } from '@nats-io/transport-node'
import { listen } from './control.mjs'

const connection = await connect({ servers: process.argv[2] })
const config = JSON.stringify({ name: 'bench', subjects: ['bench'], storage: 'file' })
await connection.request('$JS.API.STREAM.CREATE.bench', config)

const sockets = new Set()
const server = createServer({ noDelay: true }, (socket) => {
  sockets.add(socket)
  socket.on('close', () => sockets.delete(socket))
  socket.on('error', () => undefined)
  socket.write('hello\n')
})
connection.subscribe('bench', {
  callback: (_error, { data }) => {
    for (const socket of sockets) socket.write(data)
  },
})
listen(server, (message, done) => connection.request('bench', message).then(done))
