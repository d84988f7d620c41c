/** Opening: connects, and looks at what kind of Redis it is. */
import type { StoreCapabilities } from '../../core/store.js'
import { storeDown } from '../../core/store-down.js'
import { AnywireError } from '../../protocol/error.js'
import { Clients, wrong } from './client.js'
import { RedisEngine } from './engine.js'
import { Follows } from './follows.js'
import { Keys } from './names.js'
import type { NodeEvents } from './node.js'
import type { RedisOptions } from './options.js'
import { Cluster, Single, type Topology } from './topology.js'

/** What a Redis says of itself. */
interface RedisFacts {
  readonly address: string
  readonly isCluster: boolean
  readonly acknowledged: StoreCapabilities['acknowledged']
}

export interface Opened {
  readonly engine: RedisEngine
  readonly follows: Follows
  readonly acknowledged: StoreCapabilities['acknowledged']
}

/** @throws AnywireError as `redis()` says. */
export async function openEngine(options: RedisOptions): Promise<Opened> {
  const { prefix = 'anywire', timeoutMs = 5_000, now } = options
  const clients = await Clients.load(options, timeoutMs)
  const keys = new Keys(prefix)
  const follows = new Follows(keys)
  const facts = await factsOf(clients)
  const topology = await openTopology(clients, facts, keys, follows, timeoutMs)
  follows.begin(topology)
  return { engine: new RedisEngine({ keys, topology, timeoutMs, now }), follows, acknowledged: facts.acknowledged }
}

async function openTopology(
  clients: Clients,
  { isCluster, address }: RedisFacts,
  keys: Keys,
  follows: Follows,
  timeoutMs: number,
): Promise<Topology> {
  let cluster: Cluster | undefined
  const events: NodeEvents = {
    onMessage: (key, message) => follows.heard(key, message),
    onLost: (node, lost) => follows.lost(node, lost),
    onMoved: () => cluster?.watch(),
  }
  if (!isCluster) {
    const single = new Single(clients.open, events)
    const ready = (await single.nodes[0].next()) && (await single.nodes[0].subscriber.next())
    if (ready) return single
    single.close()
    throw unreachable(clients, single.nodes[0].failure ?? single.nodes[0].subscriber.failure)
  }
  try {
    cluster = await Cluster.open({
      openAt: (at) => clients.openAt(at),
      events,
      seeds: [address],
      slots: keys.slots,
      timeoutMs,
      onRehomed: (moved) => {
        for (const { partition, from, to } of moved) follows.rehomed(partition, from, to)
      },
    })
    return cluster
  } catch (thrown) {
    throw unreachable(clients, thrown)
  }
}

/** @throws AnywireError `bad-request` for a Redis that this store cannot use. */
async function factsOf(clients: Clients): Promise<RedisFacts> {
  let info: string
  let flushed: string
  try {
    const connection = await clients.open()
    info = String(await connection.send(['INFO']))
    // A hosted Redis may not say it: then the weaker is claimed.
    const config = await connection.send(['CONFIG', 'GET', 'appendfsync']).catch(() => null)
    flushed = String((config as unknown as { readonly appendfsync?: Buffer } | null)?.appendfsync)
    connection.end()
  } catch (thrown) {
    if (thrown instanceof AnywireError) throw thrown
    throw unreachable(clients, thrown)
  }
  const said = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? ''
  const version = said('redis_version')
  if (Number.parseInt(version, 10) < 7) {
    throw wrong(`The Redis at ${clients.address} is version ${version}: the store needs 7.0 or newer.`)
  }
  const policy = said('maxmemory_policy')
  if (policy.startsWith('allkeys')) {
    throw wrong(
      `The Redis at ${clients.address} has the maxmemory-policy ${policy}, so it would forget messages that readers ` +
        'are to have: set "noeviction".',
    )
  }
  const acknowledged = said('aof_enabled') === '1' && flushed === 'always' ? 'power-loss' : 'process-crash'
  return { address: clients.address, isCluster: said('cluster_enabled') === '1', acknowledged }
}

function unreachable(clients: Clients, thrown: unknown): AnywireError {
  const why = thrown instanceof Error ? thrown.message || thrown.name : String(thrown)
  const { details } = storeDown(thrown)
  return new AnywireError('store-down', `Redis at ${clients.address} cannot be reached: ${why}`, {
    cause: thrown,
    ...(details && { details }),
  })
}
