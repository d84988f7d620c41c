/** Opens the store that a server is told of: `memory`, `disk:<folder>`, `redis://…`, `nats://…`. */
import { memory } from 'anywire'
import { disk } from 'anywire/store/disk'
import { nats } from 'anywire/store/nats'
import { redis } from 'anywire/store/redis'

/** With room for what is measured, and for several processes. @param {string} [named] @returns {Promise<import('anywire').Store>} */
export async function openStore(named = 'memory') {
  if (named.startsWith('redis:')) return redis({ url: named })
  if (named.startsWith('nats:')) return nats({ servers: named, maxBytes: 8 * 2 ** 30 })
  if (named.startsWith('disk:')) return disk({ path: named.slice(5), shared: true })
  return memory({ maxBytes: 8 * 2 ** 30, maxChannels: 1_000_000 })
}
