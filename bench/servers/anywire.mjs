/** Anywire, all forms: one hub in memory with its defaults, but for limits that 10,000 readers of one machine would meet. Of the build that is named, or of this one. */
import { createServer } from 'node:http'
import { listen } from './control.mjs'

/** @type {typeof import('anywire')} */
const { createHub } = await import(process.argv[2] ?? 'anywire')
const hub = createHub({ limits: { connectionsPerAddress: null, publishesPerSecond: null } })
const server = createServer()
hub.attach(server)

listen(server, (message, done) => {
  hub.publish('bench', JSON.parse(message.toString())).then(done)
})
