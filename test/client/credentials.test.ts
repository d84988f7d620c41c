/** Who the client is: tokens, their renewal, and what happens without one. */
import { describe, expect, it } from 'vitest'
import type { Transport } from '../../src/client/index.js'
import type { HubOptions } from '../../src/index.js'
import { dataOf, join } from './join.js'

/** Knows `good-…`; a token `good-until-<ms>` ends then. */
const authenticate: HubOptions['authenticate'] = (credential) => {
  const { token = '' } = credential ?? {}
  if (!token.startsWith('good')) return null
  const until = /until-(\d+)/.exec(token)?.[1]
  return { id: 'ann', ...(until && { expiresAt: Number(until) }) }
}

describe.each<Transport>(['websocket', 'stream', 'poll'])('a credential, by %s', (transport) => {
  it('is asked for before each connection', async () => {
    const { hub, client } = await join({ transports: [transport], token: () => 'good' }, { authenticate })
    const reading = client.subscribe('n', { from: 'start' })
    await hub.publish('n', 1)
    expect(await dataOf(reading, 1)).toEqual([1])
    await expect(client.publish('n', 2)).resolves.toMatchObject({ duplicate: false })
  })

  it('may be of any characters', async () => {
    const { hub, client } = await join({ transports: [transport], token: async () => 'good/=,;' }, { authenticate })
    await hub.publish('n', 1)
    expect(await dataOf(client.subscribe('n', { from: 'start' }), 1)).toEqual([1])
  })

  it('is asked for again when it was refused', async () => {
    const tokens = ['old', 'good']
    const { hub, client } = await join(
      { transports: [transport], token: () => tokens.shift() ?? 'good' },
      { authenticate },
    )
    await hub.publish('n', 1)
    expect(await dataOf(client.subscribe('n', { from: 'start' }), 1)).toEqual([1])
  })

  it('that is refused for a moment ends nothing', async () => {
    let sick = false
    const options = { transports: [transport], token: () => 'good', times: { refusedMs: 50 } }
    const { hub, client } = await join(options, { authenticate: () => (sick ? null : { id: 'ann' }) })
    const reading = client.subscribe('n')
    await reading.opened
    sick = true
    hub.disconnect({})
    // Why a WebSocket was refused is not told: that takes one of the others.
    const code = transport === 'websocket' ? 'unavailable' : 'unauthorized'
    await expect.poll(() => client.stats.value.error?.code).toBe(code)
    expect(client.state.value).not.toBe('closed')
    sick = false
    await hub.publish('n', 1)
    expect(await dataOf(reading, 1)).toEqual([1])
    expect(client.stats.value.error).toBeUndefined()
  })

  it('that is refused seven times in a row, with growing pauses, ends the client', async () => {
    if (transport === 'websocket') return
    const asked: number[] = []
    const token = () => `bad ${asked.push(performance.now())}`
    const options = { transports: [transport], token, principal: 'ann', times: { refusedMs: 20 } }
    const { client } = await join(options, { authenticate })
    await expect(client.subscribe('n').next()).rejects.toMatchObject({ code: 'unauthorized' })
    expect(client.state.value).toBe('closed')
    expect(asked).toHaveLength(7)
    const pauses = asked.slice(1).map((at, i) => at - asked[i]!)
    for (const [i, ms] of [0, 20, 40, 80, 160, 320].entries()) expect(pauses[i]).toBeGreaterThanOrEqual(ms - 5)
    await expect(client.publish('n', 1)).rejects.toMatchObject({ code: 'unauthorized' })
  })

  it('is renewed before it ends, and nothing is lost', async () => {
    let asked = 0
    // At half of its life.
    const token = () => `good-until-${Date.now() + (++asked < 4 ? 3_000 : 3_600_000)}`
    const options = { transports: [transport], token, principal: 'ann', times: { renewMs: 100 } }
    const { hub, client } = await join(options, { authenticate })
    const reading = client.subscribe('n', { from: 'start' })
    for (let n = 0; n < 5; n++) await hub.publish('n', n)
    await expect.poll(() => asked).toBeGreaterThanOrEqual(4)
    await hub.publish('n', 5)
    expect(await dataOf(reading, 6)).toEqual([0, 1, 2, 3, 4, 5])
    expect(client.stats.value).toMatchObject({ reconnects: 0 })
  })

  it('that does not get newer is asked for later and later, and brought once', async () => {
    const asked: number[] = []
    let judged = 0
    let until: number | undefined
    const token = () => {
      asked.push(performance.now())
      until ??= Date.now() + 4_000
      return `good-until-${until}`
    }
    const options = { transports: [transport], token, principal: 'ann', times: { renewMs: 100 } }
    const counting: HubOptions['authenticate'] = (credential, request) => {
      judged++
      return authenticate(credential, request)
    }
    const { client } = await join(options, { authenticate: counting })
    await client.subscribe('n').opened
    const before = judged
    await expect.poll(() => asked.length).toBeGreaterThanOrEqual(4)
    const pauses = asked.slice(1).map((at, i) => at - asked[i]!)
    expect(pauses[0]).toBeGreaterThanOrEqual(1_500)
    expect(pauses[1]).toBeGreaterThanOrEqual(195)
    expect(pauses[2]).toBeGreaterThanOrEqual(395)
    if (transport !== 'poll') expect(judged).toBe(before)
  })
})
