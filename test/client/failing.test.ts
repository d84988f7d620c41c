/** A server that fails: the application is told, what can pass is tried again, and what cannot holds up nobody for long. */
import { describe, expect, it } from 'vitest'
import { transports } from '../../src/client/link.js'
import { AnywireError } from '../../src/index.js'
import { dataOf, join } from './join.js'

describe.each(transports)('a client, by %s', (transport) => {
  it('is told while the server fails to let it read, and reads when it does not', async () => {
    const told: string[] = []
    // An answer that comes later than the client waits for it is told to nobody.
    const subscribe = () => {
      if (told.length < 2) throw new Error('The database is away.')
      return true
    }
    const { hub, client } = await join({ transports: [transport] }, { rules: { n: { subscribe } } })
    const reading = client.subscribe('n', { from: 'start', failing: ({ code }) => told.push(code) })
    await hub.publish('n', 1)
    expect(await dataOf(reading, 1)).toEqual([1])
    expect(told).toEqual(['internal', 'internal'])
  })

  it('has one message rejected on which the server fails again and again, and those behind it stored', async () => {
    const receive = (message: { data: unknown }) => String((message.data as { text: string }).text)
    const { client } = await join({ transports: [transport] }, { rules: { n: { receive } } })
    const told: string[] = []
    const bad = client.publish('n', null, { failing: ({ code }) => told.push(code) })
    const rejected = expect(bad).rejects.toMatchObject({ code: 'internal' })
    const behind = [1, 2].map((n) => client.publish('n', { text: `${n}` }))
    expect(await client.publish('other', 'at once')).toMatchObject({ duplicate: false })
    expect(told.length).toBeLessThan(4)
    await rejected
    expect((await Promise.all(behind)).map(({ reply }) => reply)).toEqual(['1', '2'])
    expect(told).toEqual(['internal', 'internal', 'internal', 'internal'])
  })

  it('tries again what a function cannot judge now, as often as it takes', async () => {
    let asked = 0
    const receive = () => {
      if (asked++ < 8) throw new AnywireError('unavailable', 'The database is away.', { details: { retryMs: 20 } })
    }
    const { client } = await join({ transports: [transport] }, { rules: { n: { receive } } })
    const told: string[] = []
    const sent = client.publish('n', 1, { failing: ({ code }) => told.push(code) })
    expect(await sent).toMatchObject({ duplicate: false })
    expect(told).toEqual(Array(8).fill('unavailable'))
  })

  it('comes back to a server whose `authenticate`, `subscribe` or `publish` cannot say now', async () => {
    const busy = <T>(answer: T) => {
      let asked = 0
      return () => {
        if (asked++ > 1) return answer
        throw new AnywireError('unavailable', 'The directory is away.', { details: { retryMs: 20 } })
      }
    }
    const rules = { n: { subscribe: busy(true), publish: busy(true) } }
    const { client } = await join({ transports: [transport] }, { authenticate: busy({ id: 'ann' }), rules })
    const reading = client.subscribe('n', { from: 'start' })
    await client.publish('n', 1)
    expect(await dataOf(reading, 1)).toEqual([1])
  })
})
