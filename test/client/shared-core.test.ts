/** Several clients of one core, as the tabs of a browser are: one connection, and each reads from where it stands. */
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Core, createCore } from '../../src/client/core.js'
import { type Transport, transports } from '../../src/client/link.js'
import { Outbox } from '../../src/client/outbox.js'
import { createClient } from '../../src/client/own-client.js'
import type { FromCore } from '../../src/client/port.js'
import type { Subscription } from '../../src/client/subscription.js'
import { serveHub } from '../support/hub-server.js'
import { dataOf } from './join.js'

async function share(used: readonly Transport[] = transports, hubOptions = {}) {
  const served = await serveHub(hubOptions)
  const newCore = () => {
    const core = createCore({ url: served.url(), transports: used })
    onTestFinished(() => core.close())
    return core
  }
  let core = newCore()
  const everyone = new Set<(message: FromCore) => void>()
  const replace = () => {
    const before = core
    core = newCore()
    before.close()
    for (const move of everyone) move({ type: 'moved' })
  }
  const enter = () => {
    let session: { of: Core; take: ReturnType<Core['attach']> } | undefined
    const client = createClient({
      token: undefined,
      learnt: () => undefined,
      closed: () => undefined,
      renew: async () => 'same',
      outbox: (send) => new Outbox({ send }),
      openPort: async (heard) => {
        everyone.add(heard)
        // What a core says that has been replaced is not heard any more.
        const attach = (of: Core) => ({
          of,
          take: of.attach({ send: (message) => queueMicrotask(() => of === core && heard(structuredClone(message))) }),
        })
        return {
          send: (message) => {
            if (session?.of !== core) session = attach(core)
            session.take(structuredClone(message))
          },
          close: () => everyone.delete(heard),
        }
      },
    })
    onTestFinished(() => client.close())
    return client
  }
  return { ...served, enter, replace }
}

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)

describe.each<Transport>(['websocket', 'stream', 'poll'])('clients of one core, by %s', (transport) => {
  it('read one channel from their own starts, over one connection', async () => {
    const { hub, enter } = await share([transport], { rules: { n: { keys: true } } })
    for (const n of numbers(1, 20)) await hub.publish('n', n, { key: n % 2 ? 'odd' : 'even' })
    const starts = ['now', 'start', 'last-3', 'snapshot', 'start', 'now']
    const readings: Subscription[] = []
    for (const from of starts) {
      const reading = enter().subscribe('n', { from })
      await reading.opened
      readings.push(reading)
    }
    for (const n of numbers(21, 30)) await hub.publish('n', n)
    const got = await Promise.all([10, 30, 13, 12, 30, 10].map((count, i) => dataOf(readings[i]!, count)))
    const last = numbers(21, 30)
    expect(got).toEqual([last, numbers(1, 30), numbers(18, 30), [19, 20, ...last], numbers(1, 30), last])
    await expect.poll(() => hub.stats().subscriptions).toBe(1)
  })

  it('hold no more than a thousand items for one who does not take them, and harm no other by it', async () => {
    const { hub, enter } = await share([transport], { rules: { n: { retain: { messages: 20_000 } } } })
    const lazy = enter().subscribe('n', { from: 'start' })
    const eager = enter().subscribe('n', { from: 'start' })
    await Promise.all([lazy.opened, eager.opened])
    const all = numbers(1, 12_000)
    for (let at = 0; at < all.length; at += 100)
      await hub.publishBatch(
        'n',
        all.slice(at, at + 100).map((data) => ({ data })),
      )
    expect(await dataOf(eager, all.length)).toEqual(all)
    expect(lazy.position! < eager.position!).toBe(true)
    expect(await dataOf(lazy, all.length)).toEqual(all)
  })

  it('go on from their positions when the core is replaced', async () => {
    const { hub, enter, replace } = await share([transport])
    const readings = [enter(), enter(), enter()].map((client) => client.subscribe('n', { from: 'start' }))
    const got = readings.map((reading) => dataOf(reading, 300))
    for (const n of numbers(1, 300)) {
      await hub.publish('n', n)
      if (n % 75 === 0) replace()
    }
    expect(await Promise.all(got)).toEqual([numbers(1, 300), numbers(1, 300), numbers(1, 300)])
  })
})
