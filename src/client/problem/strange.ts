/** Options that the client does not know, which is what a misspelt name is. */
import { nearestName } from '../../protocol/nearest.js'
import type { CacheLimits } from '../cached.js'
import type { PublishOptions, SubscribeOptions } from '../client.js'
import type { ConnectOptions } from '../connect-options.js'
import { usualTimes } from '../times.js'

type Names<Of> = { readonly [Name in keyof Required<Of>]: true }

const connect: Names<ConnectOptions> = {
  share: true,
  token: true,
  principal: true,
  transports: true,
  outbox: true,
  cache: true,
  times: true,
  signal: true,
}
const outbox: Names<NonNullable<ConnectOptions['outbox']>> = {
  maxMessages: true,
  maxBytes: true,
  keep: true,
  refused: true,
}
const cache: Names<CacheLimits> = { maxChannels: true, maxBytes: true }
const subscribe: Names<SubscribeOptions> = {
  from: true,
  slow: true,
  rate: true,
  schema: true,
  worker: true,
  failing: true,
  signal: true,
}
const publish: Names<PublishOptions> = { key: true, event: true, queued: true, failing: true }

export type Called = 'connect' | 'subscribe' | 'publish'
const known: Readonly<Record<Called, object>> = { connect, subscribe, publish }

/** A sentence for each name that is not known. */
export function strangers(called: Called, options: object): string[] {
  const { outbox: kept, cache: limits, times } = (called === 'connect' ? options : {}) as ConnectOptions
  return [
    ...among(`${called}()`, options, known[called]),
    ...among('"outbox" of connect()', kept, outbox),
    ...among('"cache" of connect()', typeof limits === 'object' ? limits : undefined, cache),
    ...among('"times" of connect()', times, usualTimes),
  ]
}

function among(what: string, options: object | undefined, names: object): string[] {
  const all = Object.keys(names)
  const strange = Object.keys(options ?? {}).filter((name) => !all.includes(name))
  return strange.map((name) => {
    const meant = nearestName(name, all)
    return `There is no option "${name}" of ${what}: ${meant ? `did you mean "${meant}"?` : `use one of ${all.join(', ')}.`}`
  })
}
