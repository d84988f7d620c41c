/** The option `store`: which store a hub keeps its logs in, by a name or a URL. */
import type { Store } from '../core/store.js'
import { memory } from '../stores/memory/memory.js'

export const storeNames = 'memory, disk:<folder>, redis://<host> or nats://<host>'

/** Opens the store of a name. Undefined for a text that names none. */
export function storeNamed(text: string): (() => Promise<Store>) | undefined {
  if (text === 'memory') return async () => memory()
  if (/^rediss?:\/\/./.test(text)) return async () => (await import('../stores/redis/index.js')).redis({ url: text })
  if (/^(nats|tls):\/\/./.test(text)) {
    return async () => (await import('../stores/nats/index.js')).nats({ servers: text.split(',') })
  }
  const path = /^disk:(.+)$/.exec(text)?.[1]
  return path === undefined ? undefined : async () => (await import('../stores/disk/index.js')).disk({ path })
}
