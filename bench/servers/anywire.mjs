/** Anywire, all forms: one hub in memory with its defaults, but for limits that 10,000 readers of one machine would meet. */
import { createServer } from 'node:http'
import { createHub } from 'anywire'
import { listen } from './control.mjs'

const hub = createHub({ limits: { connectionsPerAddress: null, publishesPerSecond: null } })
const server = createServer()
hub.attach(server)

listen(server, (message, done) => {
  hub.publish('bench', JSON.parse(message.toString())).then(done)
})
