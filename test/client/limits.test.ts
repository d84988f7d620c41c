/** What does not fit, does not answer, or is too much: it holds up itself alone. */
import { describe, expect, it } from 'vitest'
import type { Item, Transport } from '../../src/client/index.js'
import { ask } from '../support/clients/request.js'
import { dataOf, join } from './join.js'

describe.each<Transport>(['websocket', 'stream', 'poll'])('the client by %s', (transport) => {
  const options = { transports: [transport] }

  it('reads more channels than one connection may, and re-asks none of them', async () => {
    const { hub, client } = await join(options, { limits: { channelsPerConnection: 3 } })
    const names = Array.from({ length: 8 }, (_, n) => `n/${n}`)
    const readings = names.map((name) => client.subscribe(name, { from: 'start' }))
    await Promise.all(readings.map(({ opened }) => opened))
    for (const name of names) await hub.publish(name, name)
    for (const [i, reading] of readings.entries()) expect(await dataOf(reading, 1)).toEqual([names[i]])
    expect(client.stats.value).toMatchObject({ reconnects: 0 })
    readings[0]!.close()
    const late = client.subscribe('late', { from: 'start' })
    await hub.publish('late', 'late')
    expect(await dataOf(late, 1)).toEqual(['late'])
  })

  it('rejects a publish that is too large in UTF-8 alone', async () => {
    const { client } = await join(options, { limits: { messageBytes: 20_000, bodyBytes: 30_000 } })
    const reading = client.subscribe('n', { from: 'start' })
    await reading.opened
    // 12,000 UTF-16 units of 3 bytes each.
    const sent = [1, '語'.repeat(12_000), 2, 'x'.repeat(25_000), 3].map((data) => client.publish('n', data))
    const codes = await Promise.all(
      sent.map((one) =>
        one.then(
          () => 'stored',
          ({ code }) => code,
        ),
      ),
    )
    expect(codes).toEqual(['stored', 'too-large', 'stored', 'too-large', 'stored'])
    expect(await dataOf(reading, 3)).toEqual([1, 2, 3])
    expect([client.state.value, client.stats.value]).toMatchObject(['open', { reconnects: 0 }])
  })

  it('publishes more than one frame may hold', async () => {
    const { hub, client } = await join(options, { limits: { messageBytes: 9_000, bodyBytes: 10_000 } })
    const data = Array.from({ length: 20 }, (_, n) => `${n}`.padEnd(4_000, 'x'))
    await client.subscribe('other').opened
    await Promise.all(data.map((one) => client.publish('n', one)))
    expect(await dataOf(hub.subscribe('n', { from: 'start' }) as AsyncIterator<Item, undefined>, 20)).toEqual(data)
  })

  it('publishes, reads and subscribes while the publishes of other channels hang', async () => {
    const rules = { 'slow/:x': { receive: () => new Promise<undefined>(() => undefined) } }
    const { hub, client } = await join(options, { rules, limits: { functionMs: 60_000 } })
    const reading = client.subscribe('n', { from: 'start' })
    await reading.opened
    for (let n = 0; n < 64; n++) client.publish(`slow/${n % 8}`, n).catch(() => undefined)
    await client.publish('n', 'mine')
    await hub.publish('n', 'of the hub')
    expect(await dataOf(reading, 2)).toEqual(['mine', 'of the hub'])
    await client.subscribe('new').opened
    expect(client.stats.value).toMatchObject({ reconnects: 0 })
  })

  it('reads JSON as it was indented', async () => {
    const { client, url } = await join(options)
    const data = { a: 1, b: [1, { c: 'x\ny' }] }
    for (const end of ['\n', '\r\n', '\r']) {
      const body = JSON.stringify(data, null, 2).replaceAll('\n', end)
      await ask(url('n'), { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    }
    expect(await dataOf(client.subscribe('n', { from: 'start' }), 3)).toEqual([data, data, data])
    expect(client.stats.value).toMatchObject({ reconnects: 0 })
  })
})
