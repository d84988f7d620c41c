/** A way into a host that has a network of its own: `node host-door.js <socket file> <address> <port>` leads from one to the other. */
import { connect, createServer } from 'node:net'
import { pipeline } from 'node:stream'

const [file = '', host = '', port = ''] = process.argv.slice(2)

createServer((socket) => {
  const there = connect({ host, port: Number(port) })
  pipeline(socket, there, socket, () => undefined)
}).listen(file, () => console.log('open'))
