/** Anywire with its defaults, but for the number of readers from one address. Its store outlives a hub, as one on disk would. */
import { createServer } from 'node:http'
import { createHub, memory } from 'anywire'
import { tick } from './ticking.mjs'

const store = memory()

tick(() => {
  const hub = createHub({ store, limits: { connectionsPerAddress: null } })
  const server = createServer()
  hub.attach(server)
  return { server, publish: (number) => void hub.publish('recovery', number) }
})
