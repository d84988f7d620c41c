/** Anywire with its defaults, but for the number of readers from one address. Its store outlives a hub, as one on disk would. */
import { createServer } from 'node:http'
import { createHub, memory } from 'anywire'
import { tick } from './ticking.mjs'

const kept = memory()
let hubs = 0

/** The store as one hub sees it: a hub that has crashed does nothing more to it. */
function storeOf(/** @type {number} */ hub) {
  return new Proxy(kept, {
    get(store, name) {
      const member = Reflect.get(store, name, store)
      if (typeof member !== 'function') return member
      const never = () => new Promise(() => undefined)
      return (/** @type {unknown[]} */ ...given) => (hub === hubs ? member.apply(store, given) : never())
    },
  })
}

tick(() => {
  const hub = createHub({ store: storeOf(++hubs), limits: { connectionsPerAddress: null } })
  const server = createServer()
  hub.attach(server)
  return { server, publish: (number) => void hub.publish('recovery', number) }
})
