/** The bare way over Redis: one script for each publish, which adds it to a stream and publishes it; whoever hears it writes it to its sockets. `bare-redis.mjs <url>` */
import { createServer } from 'node:net'
import { createClient, defineScript } from '@redis/client'
import { listen } from './control.mjs'

const url = process.argv[2]
const append = defineScript({
  SCRIPT: `
    local id = redis.call('XADD', KEYS[1], '*', 'd', ARGV[1])
    redis.call('PUBLISH', KEYS[1], ARGV[1])
    return id`,
  NUMBER_OF_KEYS: 1,
  IS_READ_ONLY: false,
  parseCommand(/** @type {import('@redis/client').CommandParser} */ parser, /** @type {Buffer} */ message) {
    parser.pushKey('bench')
    parser.push(message)
  },
  transformReply: (/** @type {import('@redis/client').RedisArgument} */ reply) => reply,
})
const client = await createClient({ url, scripts: { append } }).connect()
const hearing = await createClient({ url }).connect()

const sockets = new Set()
const server = createServer({ noDelay: true }, (socket) => {
  sockets.add(socket)
  socket.on('close', () => sockets.delete(socket))
  socket.on('error', () => undefined)
  socket.write('hello\n')
})
await hearing.subscribe(
  'bench',
  (message) => {
    for (const socket of sockets) socket.write(message)
  },
  true,
)
listen(server, (message, done) => client.append(message).then(done))
