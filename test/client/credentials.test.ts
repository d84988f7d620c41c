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

  it('is asked for again when it was refused, and ends the client when it is refused again and again', async () => {
    const tokens = ['old', 'good']
    const second = await join({ transports: [transport], token: () => tokens.shift() ?? 'good' }, { authenticate })
    await second.hub.publish('n', 1)
    expect(await dataOf(second.client.subscribe('n', { from: 'start' }), 1)).toEqual([1])
    const never = await join({ transports: [transport], token: () => 'bad' }, { authenticate })
    const reading = never.client.subscribe('n')
    // Why a WebSocket was refused is not told: that takes one of the others.
    if (transport === 'websocket') return
    await expect(reading.next()).rejects.toMatchObject({ code: 'unauthorized' })
    expect(never.client.state.value).toBe('closed')
    await expect(never.client.publish('n', 1)).rejects.toMatchObject({ code: 'unauthorized' })
  })

  it('is renewed before it ends, and nothing is lost', async () => {
    let asked = 0
    // Renewed 10 s before the end: at once, and again and again.
    const token = () => `good-until-${Date.now() + (++asked < 3 ? 10_300 : 3_600_000)}`
    const { hub, client } = await join({ transports: [transport], token }, { authenticate })
    const reading = client.subscribe('n', { from: 'start' })
    if (transport === 'poll') asked = 3
    for (let n = 0; n < 5; n++) await hub.publish('n', n)
    await expect.poll(() => asked).toBeGreaterThanOrEqual(3)
    await hub.publish('n', 5)
    expect(await dataOf(reading, 6)).toEqual([0, 1, 2, 3, 4, 5])
    expect(client.stats.value.reconnects).toBe(0)
  })
})
