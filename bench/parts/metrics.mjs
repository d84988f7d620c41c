/** What metrics cost: the delivery loop of one process without a network, with a meter for Prometheus and without. */
import { setImmediate } from 'node:timers/promises'
import { createMetrics } from '../../dist/admin/index.js'
import { Connection } from '../../dist/core/reading/connection.js'
import { eventStream } from '../../dist/protocol/event-stream.js'
import { HubContext } from '../../dist/server/hub-context.js'
import { createWriter } from '../../dist/server/writer.js'
import { memory } from '../../dist/stores/memory/memory.js'
import { median, number, table, verdict } from '../table.mjs'

const data = 'x'.repeat(120)

const turns = 20
/** @type {('bare' | 'metered')[]} */
const both = ['bare', 'metered']

/** A wire that takes everything and keeps nothing. */
class Sink {
  room = true
  sent = 0
  received = 0
  /** @type {(() => void) | undefined} */
  drained
  /** @type {(() => void) | undefined} */
  closed
  /** @param {Buffer} bytes */
  write(bytes) {
    this.sent += bytes.length
    return true
  }
  close() {
    this.closed?.()
  }
  destroy() {
    this.closed?.()
  }
}

/** A hub with readers of one channel. @param {import('../../dist/core/meter.js').Meter | undefined} meter @param {number} readers */
async function world(meter, readers) {
  const store = memory()
  const context = new HubContext({ store, meter, rules: { 'c/:n': { retain: { messages: 100 } } } })
  const { delivery, limits, connections } = context
  for (let at = 0; at < readers; at++) {
    const wire = /** @type {import('../../dist/core/wire.js').Wire} */ (new Sink())
    const principal = { id: 'reader' }
    const connection = new Connection({
      wire,
      principal,
      transport: 'event-stream',
      wheel: delivery.wheel,
      times: limits,
    })
    connections.add(connection)
    const opened = await delivery.open('c/1', { kind: 'now' })
    opened.start(connection, eventStream)
  }
  const { publish } = createWriter(context)
  await publish('c/1', data)
  const message = { data: Buffer.from(JSON.stringify(data)), event: undefined, key: undefined }
  return {
    /** From the store on: what a delivery is. */
    deliver: async () => {
      await store.append('c/1', [message])
      while (!delivery.settled) await setImmediate()
    },
    publish: () => publish('c/1', data),
    close: () => context.close({ graceMs: 0 }),
  }
}

/** CPU microseconds of each time. @param {() => Promise<unknown>} work @param {number} times */
async function cost(work, times) {
  const before = process.cpuUsage()
  for (let at = 0; at < times; at++) await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / times
}

/** @param {{ readers: number, messages: number, rounds: number }} options */
export async function metrics({ readers, messages, rounds }) {
  const note = `CPU of one process without a network: a delivery is from the store to a wire that keeps nothing, with ${readers} readers of one channel and ${messages} messages of 120 bytes, one at a time; a publish is one by the program to a channel that nobody reads. Medians of ${rounds} rounds, each with both in short turns.`
  const rows = [
    await row('a delivery', 'deliver', { readers, messages, rounds }),
    await row('a publish', 'publish', { readers: 0, messages, rounds }),
  ]
  return table('Metrics', note, ['what', 'without µs', 'with µs', 'more %', 'goal'], rows)
}

/** @param {string} name @param {'deliver' | 'publish'} what @param {{ readers: number, messages: number, rounds: number }} options */
async function row(name, what, { readers, messages, rounds }) {
  const { meter } = await createMetrics()
  // Two of each, made in this order: what the heap does to those that are made later falls on both.
  const made = []
  for (const key of /** @type {const} */ (['bare', 'metered', 'metered', 'bare']))
    made.push({ key, one: await world(key === 'metered' ? meter : undefined, readers) })
  /** @type {{ bare: number, metered: number }[]} */
  const measured = []
  for (let round = -2; round < rounds; round++) {
    const one = { bare: 0, metered: 0 }
    // In short turns, so that what else the machine does falls on both.
    for (let turn = 0; turn < turns; turn++) {
      for (const { key, one: asked } of turn % 2 === 0 ? made : made.toReversed()) {
        one[key] += (await cost(asked[what], messages / turns)) / turns / 2 / Math.max(1, readers)
      }
    }
    // The first rounds warm up.
    if (round >= 0) measured.push(one)
  }
  await Promise.all(made.map(({ one }) => one.close()))
  const more = median(measured.map(({ bare, metered }) => (metered / bare - 1) * 100))
  const medians = both.map((key) => number(median(measured.map((one) => one[key]))))
  return [name, ...medians, more.toFixed(2), what === 'deliver' ? verdict('≤ 1 %', more <= 1) : '']
}
