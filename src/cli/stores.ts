/** `--store`: which store a hub keeps its logs in. */
import { InvalidArgumentError } from 'commander'
import { memory, type Store } from '../index.js'

/** Opens the store. */
export type OpenStore = () => Promise<Store>

/** Reads `memory`, `disk:<folder>`, or the URL of a Redis or of NATS servers. */
export function storeNamed(text: string): OpenStore {
  if (text === 'memory') return async () => memory()
  if (/^rediss?:\/\/./.test(text)) return async () => (await import('../stores/redis/index.js')).redis({ url: text })
  if (/^(nats|tls):\/\/./.test(text)) {
    return async () => (await import('../stores/nats/index.js')).nats({ servers: text.split(',') })
  }
  const path = /^disk:(.+)$/.exec(text)?.[1]
  if (path === undefined)
    throw new InvalidArgumentError('It is none of "memory", "disk:<folder>", "redis://<host>" and "nats://<host>".')
  return async () => (await import('../stores/disk/index.js')).disk({ path })
}
