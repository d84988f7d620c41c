/** One story: a log that grows, clients that read and write it through a proxy with faults, and what they must have seen at the end. */

import { FaultProxy } from '../../playground/server/faults/proxy.js'
import { connect, type Item } from '../../src/client/index.js'
import type { Transport } from '../../src/client/link.js'
import type { Hub } from '../../src/index.js'
import { Random } from '../hostile/random.js'
import { play, schedule } from '../support/fault-schedule.js'

export interface World {
  readonly hub: Hub
  readonly port: number
}

const choices: readonly (readonly Transport[])[] = [
  ['websocket', 'stream', 'poll'],
  ['websocket', 'stream', 'poll'],
  ['websocket'],
  ['stream'],
  ['poll'],
]

const messages = 24
const times = { headStartMs: 50, proofMs: 2_000, probeMs: 300, trialMs: 100, pollMs: 300, answerMs: 1_500 }

/** @throws Error that tells the seed and what was wrong. */
export async function tell({ hub, port }: World, seed: number): Promise<void> {
  const random = new Random(seed)
  const transports = random.pick(choices)
  const channel = `${random.chance(0.3) ? 'short' : 'n'}/${seed}`
  await using proxy = await FaultProxy.start({ port, seed })
  const plan = schedule({ seed, withinMs: 700, faults: 1 + random.below(4) })
  const clients = [0, 1].map(() => connect(`${proxy.origin}/channels`, { transports, times }))
  const heard: Item[][] = []
  try {
    const faults = play(proxy, plan, { quiet: true })
    const start = (await hub.publish(channel, 'first')).offset
    const readings = clients.flatMap((client) => [client.subscribe(channel, { from: start })])
    const reading = Promise.all(
      readings.map(async (one, i) => {
        const items: Item[] = []
        heard[i] = items
        for await (const item of one) {
          items.push(item)
          if (item.kind === 'message' && item.data === 'last') return
        }
      }),
    )
    const written = (async () => {
      const sent: Promise<unknown>[] = []
      for (let n = 0; n < messages; n++) {
        if (random.chance(0.4)) sent.push(clients[0]!.publish(channel, `client ${n}`))
        else await hub.publish(channel, `hub ${n}`)
        await pause(random.below(40))
      }
      await Promise.all(sent)
      await faults
      await hub.publish(channel, 'last')
    })()
    await within(180_000, Promise.all([reading, written]))
    await check(hub, channel, start, heard)
  } catch (thrown) {
    const clientStories = clients.map(({ stats, state }) => JSON.stringify([state.value, stats.value]))
    const said = heard.map((items) => JSON.stringify(items.map((item) => (item.kind === 'message' ? item.data : item))))
    throw new Error(
      [`seed ${seed} ${transports} ${channel}: ${thrown}`, plan.text, ...clientStories, ...said].join('\n'),
    )
  } finally {
    await Promise.all(clients.map((client) => client.close()))
  }
}

/** Every reading holds the log as the hub has it, message by message, but for what a gap announced. */
async function check(hub: Hub, channel: string, start: string, heard: readonly Item[][]): Promise<void> {
  const log = await kept(hub, channel)
  const own = log.filter(({ data }) => String(data).startsWith('client')).map(({ data }) => data)
  const sorted = [...new Set(own)].sort((a, b) => Number(String(a).slice(7)) - Number(String(b).slice(7)))
  if (!channel.startsWith('short') && JSON.stringify(own) !== JSON.stringify(sorted))
    throw new Error(`stored twice or out of order: ${own}`)
  for (const items of heard) {
    let position = start
    for (const item of items) {
      if (item.kind === 'gap') {
        if (!channel.startsWith('short')) throw new Error(`a gap where nothing was trimmed: ${JSON.stringify(item)}`)
        position = item.to
        continue
      }
      if (item.kind === 'problem') throw item.error
      const next = log.find(({ offset }) => offset > position)
      // What was trimmed since cannot be compared.
      if (next && item.offset >= log[0]!.offset && next.offset !== item.offset)
        throw new Error(`after ${position} came ${item.offset} (${item.data}), not ${next.offset} (${next.data})`)
      if (item.offset <= position) throw new Error(`${item.offset} came after ${position}`)
      position = item.offset
    }
  }
}

async function kept(hub: Hub, channel: string) {
  const log: { offset: string; data: unknown }[] = []
  for await (const item of hub.subscribe(channel, { from: 'start' })) {
    if (item.kind === 'message') log.push(item)
    if (item.kind === 'message' && item.data === 'last') break
  }
  return log
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not over after ${ms} ms`)), ms)
  })
  await Promise.race([work, late]).finally(() => clearTimeout(timer))
}
