/** The client where answers take longer than its deadlines: it waits for longer each time, until it gets through. */
import { describe, expect, it, onTestFinished } from 'vitest'
import { FaultProxy } from '../../playground/server/faults/proxy.js'
import { Identity } from '../../src/client/identity.js'
import { connect, type Transport } from '../../src/client/index.js'
import { Patience, roundTrip } from '../../src/client/patience.js'
import { serveHub } from '../support/hub-server.js'
import { dataOf } from './join.js'

const deadlineMs = 200
const times = { proofMs: deadlineMs, answerMs: deadlineMs, pollMs: deadlineMs }

async function slowBy(roundTripMs: number) {
  const { hub, port } = await serveHub()
  const proxy = await FaultProxy.start({ port })
  onTestFinished(() => proxy.close())
  proxy.delay(roundTripMs / 2)
  return { hub, url: `${proxy.origin}/channels` }
}

describe.each([1.5, 3])('where answers take %d times as long as the first deadline', (factor) => {
  it.each<Transport>(['websocket', 'stream', 'poll'])('the client reads and publishes by %s', async (transport) => {
    const { hub, url } = await slowBy(deadlineMs * factor)
    const client = connect(url, { transports: [transport], times })
    onTestFinished(() => client.close())
    const reading = client.subscribe('n', { from: 'start' })
    await hub.publish('n', 1)
    await client.publish('n', 2)
    expect(await dataOf(reading, 2)).toEqual([1, 2])
    // Another set of channels, and nothing to bring for longer than a deadline.
    await client.subscribe('other').opened
    await new Promise((resolve) => setTimeout(resolve, 3 * deadlineMs))
    await hub.publish('n', 3)
    expect(await dataOf(reading, 1)).toEqual([3])
  })

  it('the client learns who it is', async () => {
    const { url } = await slowBy(deadlineMs * factor)
    const closed = new AbortController()
    onTestFinished(() => closed.abort())
    const none = {
      patience: new Patience(),
      token: undefined,
      principal: undefined,
      guess: undefined,
      learnt() {},
      failed() {},
    }
    const identity = new Identity({ url, ...none, answerMs: deadlineMs, signal: closed.signal })
    expect(await identity.renew('somebody')).toBe('other')
  })
})

describe('a deadline', () => {
  it('doubles with each miss up to 30 s, and is the usual one again after a quick answer', async () => {
    const patience = new Patience()
    const seen = Array.from({ length: 6 }, () => {
      const ms = patience.msFor('answer', 4_000)
      patience.took('answer', ms)
      return ms
    })
    expect(seen).toEqual([4_000, 8_000, 16_000, 30_000, 30_000, 30_000])
    expect(patience.msFor('other', 4_000)).toBe(4_000)
    await patience.within('answer', 4_000, Promise.resolve())
    expect(patience.msFor('answer', 4_000)).toBe(4_000)
  })

  it('stays long while answers are slow, and is never shorter than the usual one', () => {
    const patience = new Patience()
    patience.took('answer', 5_000)
    expect(patience.msFor('answer', 4_000)).toBe(10_000)
    expect(patience.msFor('answer', 60_000)).toBe(60_000)
    patience.took(roundTrip, 6_000)
    expect(patience.msFor('other', 4_000)).toBe(12_000)
  })
})
