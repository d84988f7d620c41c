/** Anywire as a cache sees it: one public channel, and a count of the requests that come. */
import { createServer } from 'node:http'
import { createHub } from 'anywire'
import { listen } from './control.mjs'

const hub = createHub({
  rules: { 'public/*': { cache: 'public' } },
  limits: { connectionsPerAddress: null, publishesPerSecond: null },
})

listen(createServer(hub.handle), (message, done) => {
  hub.publish('public/bench', JSON.parse(message.toString())).then(done)
})
