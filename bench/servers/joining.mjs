/** The bare loop joining a turn's messages: one `socket.write` per subscriber and turn. */
import { createServer } from 'node:net'
import { listen } from './control.mjs'

const sockets = new Set()
const server = createServer({ noDelay: true }, (socket) => {
  sockets.add(socket)
  socket.on('close', () => sockets.delete(socket))
  socket.on('error', () => undefined)
  socket.write('hello\n')
})

/** @type {{ message: Buffer, done: () => void }[]} */
let joined = []
function flush() {
  const turn = joined
  joined = []
  const bytes = Buffer.concat(turn.map(({ message }) => message))
  for (const socket of sockets) socket.write(bytes)
  for (const { done } of turn) done()
}

listen(server, (message, done) => {
  if (joined.length === 0) setImmediate(flush)
  joined.push({ message, done })
})
