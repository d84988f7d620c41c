/** Moves slots of a cluster from one master to the next, key by key, while it is used. */
import { Keys } from '../../src/stores/redis/names.js'
import type { RedisCluster, RedisServer } from './redis.js'

/** What is done on the way: when some of the keys are here and some there, and before the slot is given away. */
export interface SlotSteps {
  readonly half?: () => Promise<void>
  readonly moving?: () => void
}

/** The slot of a channel goes to the next master. */
export async function moveSlot(
  { servers }: RedisCluster,
  channel: string,
  { half, moving }: SlotSteps = {},
): Promise<void> {
  const keys = new Keys('anywire')
  let halfway = half
  const slot = keys.slots[keys.partitionOf(channel)]!
  const ids = await Promise.all(servers.map((server) => server.ask('CLUSTER', 'MYID')))
  const place = await placeOf(servers, slot)
  const [source, target] = [servers[place]!, servers[(place + 1) % servers.length]!]
  const targetId = String(ids[servers.indexOf(target)])
  await target.ask('CLUSTER', 'SETSLOT', String(slot), 'IMPORTING', String(ids[place]))
  await source.ask('CLUSTER', 'SETSLOT', String(slot), 'MIGRATING', targetId)
  for (;;) {
    const some = (await source.ask('CLUSTER', 'GETKEYSINSLOT', String(slot), '3')) as string[]
    if (some.length === 0) break
    await source.ask('MIGRATE', '127.0.0.1', String(target.port), '', '0', '5000', 'KEYS', ...some.map(String))
    await halfway?.()
    halfway = undefined
  }
  moving?.()
  for (const server of [target, source, ...servers]) {
    await server.ask('CLUSTER', 'SETSLOT', String(slot), 'NODE', targetId)
  }
}

/** Which of them has it. */
async function placeOf(servers: readonly RedisServer[], slot: number): Promise<number> {
  const ranges = (await servers[0]!.ask('CLUSTER', 'SLOTS')) as [number, number, [string, number]][]
  const port = ranges.find(([from, to]) => slot >= from && slot <= to)?.[2][1]
  return servers.findIndex((server) => server.port === port)
}
