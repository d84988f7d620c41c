/** Promises 1 to 3 for every form: whatever is cut, held or late, a reader gets exactly the log, in order, or an announced gap. */

import { once } from 'node:events'
import { createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { http2Options } from '../../src/index.js'
import { type Offset, whenOf } from '../../src/protocol/offset.js'
import { Random } from '../hostile/random.js'
import { ask } from '../support/clients/request.js'
import { cuttingProxy, type Fate } from '../support/cutting-proxy.js'
import { serveHub } from '../support/hub-server.js'
import { legs, Reading, type World } from './forms-world.js'

// `TEST_SEED=…` repeats what is random, as far as the network lets it.
const seed = Number(process.env.TEST_SEED ?? Math.floor(Math.random() * 2 ** 31))
const times = { pollMs: 60, durableSseMs: 80, streamMs: 80, heartbeatMs: 30, stallMs: 5_000 }
const publishes = 120

/** A hub on both HTTPs, each behind a proxy, and its empty log's end. */
async function world(retain: number, fate: (request: string) => Fate) {
  const limits = { ...times, windowMessages: 24, sliceBytes: 2_048 }
  const served = await serveHub({ rules: { n: { retain: { messages: retain } } }, limits })
  const server = createHttp2Server(http2Options({}))
  served.hub.attach(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const offsets: Offset[] = []
  const known: World = {
    hub: served.hub,
    port: await cuttingProxy(served.port, fate),
    http2Port: await cuttingProxy((server.address() as AddressInfo).port, fate),
    directPort: served.port,
    async positionAfter(count) {
      while (offsets.length < count) await new Promise(setImmediate)
      return offsets[count - 1]!
    },
  }
  /** Publishes the next so many numbers in one step. */
  const publish = async (count: number) => {
    const first = told
    told += count
    const messages = Array.from({ length: count }, (_, i) => ({ data: first + i }))
    const { offset } = await served.hub.publishBatch('n', messages)
    for (let i = 1; i <= count; i++) offsets.push(`${whenOf(offset)}_${String(first + i).padStart(16, '0')}`)
  }
  let told = 0
  const head = String((await ask(served.url('n'), { method: 'HEAD' })).headers['stream-next-offset'])
  return { ...served, known, publish, head, told: () => told }
}

/** Acts in a turn of the loop in which, after it, fires all that has become due in the last 30 ms. */
function inBusyTurn(act: () => Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(act()), 1)
    const until = performance.now() + 30
    while (performance.now() < until);
  })
}

async function read(name: string, reading: Reading, known: World): Promise<void> {
  const leg = legs[name]!()
  const deadline = performance.now() + 60_000
  try {
    while (!reading.done) {
      if (performance.now() > deadline) throw new Error(`It never came to the end: … ${reading.heard.slice(-10)}`)
      await leg(reading, known)
    }
  } catch (thrown) {
    throw new Error(`${name}: ${thrown}`, { cause: thrown })
  }
}

describe(`every form (seed ${seed})`, () => {
  it.each([
    ['exactly the log', 100_000],
    ['the log, or an announced gap', 40],
  ])('promise 1, 2, 3: gives each reader %s', { timeout: 120_000 }, async (_what, retain) => {
    const { next: random } = new Random(seed)
    const between = (least: number, most: number) => least + Math.floor(random() * (most - least + 1))
    const fate = () => {
      const kind = random()
      const bytes = kind < 0.3 ? between(0, 600) : kind < 0.7 ? between(600, 6_000) : 1e9
      return { bytes, holdMs: random() < 0.2 ? between(1, 60) : 0, lifeMs: between(50, 500) }
    }
    const sizes = Array.from({ length: publishes }, (_, i) => (i % 15 === 14 ? 40 : between(1, 3)))
    const { known, publish, head } = await world(retain, fate)
    const last = sizes.reduce((sum, size) => sum + size, 0) - 1
    const readers = Object.keys(legs).flatMap((name) => [name, name])
    const readings = Promise.all(readers.map((name) => read(name, new Reading(head, last), known)))
    readings.catch(() => undefined) // awaited below
    for (const size of sizes) {
      // From timers, often in the very turn in which the time of a request is up.
      await new Promise((resolve) => setTimeout(resolve, between(0, random() < 0.5 ? times.pollMs : 10)))
      if (random() < 0.6) await inBusyTurn(() => publish(size))
      else await publish(size)
    }
    await readings
  })

  it('promise 2, 3: a plain poll leaves out nothing between the messages of its answer', async () => {
    const { url, publish, hub } = await world(100_000, () => ({ bytes: 1e9, holdMs: 0, lifeMs: 60_000 }))
    let over = false
    const polls = Array.from({ length: 4 }, async () => {
      for (let newest = -1; !over; ) {
        const { status, text } = await ask(url('n?live=poll'))
        const numbers = status === 200 ? (JSON.parse(text) as number[]) : []
        for (const [i, number] of numbers.entries())
          expect(number).toBe(i === 0 ? Math.max(number, newest + 1) : numbers[i - 1]! + 1)
        newest = numbers.at(-1) ?? newest
      }
    })
    for (let i = 0; i < 20; i++) {
      await new Promise((resolve) => setTimeout(resolve, times.pollMs - 10 + i))
      await publish(1 + (i % 3))
    }
    over = true
    await Promise.all(polls)
    expect(hub.stats().connections).toBe(0)
  })

  it.each([
    'durable SSE',
    'plain SSE',
    'plain SSE of many channels',
    'anywire.v1 as a stream',
    'anywire.v1 in batches',
    'long poll',
  ])('promise 2, 3: %s may be cut at every byte', { timeout: 120_000 }, async (name) => {
    const fate = (request: string) => ({
      bytes: Number(/x-cut: (\d+)/i.exec(request)?.[1] ?? 1e9),
      holdMs: 0,
      lifeMs: 250,
    })
    const { known, publish, head } = await world(100_000, fate)
    await publish(2)
    await publish(2)
    const readAll = async (cut: number) => {
      const reading = new Reading(head, 3)
      try {
        const leg = legs[name]!()
        await leg(reading, { ...known, cut })
        while (!reading.done) await leg(reading, known)
      } catch (thrown) {
        throw new Error(`${name}, cut after ${cut} bytes: ${thrown}`, { cause: thrown })
      }
    }
    // Head and body of each of these answers are shorter.
    const cuts = Array.from({ length: 1_300 }, (_, i) => i + 1)
    while (cuts.length > 0) await Promise.all(cuts.splice(0, 260).map(readAll))
  })
})
