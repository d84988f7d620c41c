/** The client where streams do not flow. */
import { describe, expect, it, onTestFinished } from 'vitest'
import { FaultProxy } from '../../playground/server/faults/proxy.js'
import { connect, type Transport } from '../../src/client/index.js'
import { serveHub } from '../support/hub-server.js'
import { dataOf } from './join.js'

async function behind(transports: readonly Transport[], count: number) {
  const { hub, port } = await serveHub()
  const proxy = await FaultProxy.start({ port })
  onTestFinished(() => proxy.close())
  proxy.buffer({ bytes: 4_096 })
  const client = connect(`${proxy.origin}/channels`, { transports })
  onTestFinished(() => client.close())
  for (let n = 0; n < count; n++) await hub.publish('n', n)
  return { hub, client }
}

describe('behind a proxy that holds answers back until its buffer is full, the client', () => {
  it('is not taken in by a stream whose first messages have filled it', async () => {
    const { hub, client } = await behind(['stream', 'poll'], 200)
    const reading = client.subscribe('n', { from: 'start' })
    await dataOf(reading, 200)
    await hub.publish('n', 'live')
    expect(await dataOf(reading, 1)).toEqual(['live'])
    expect(client.stats.value.transport).toBe('poll')
  })

  it('reads for itself what others have read before', async () => {
    const { hub, client } = await behind(['websocket', 'stream', 'poll'], 10)
    await client.subscribe('n').opened
    const reading = client.subscribe('n', { from: 'start' })
    await dataOf(reading, 10)
    await hub.publish('n', 'live')
    expect(await dataOf(reading, 1)).toEqual(['live'])
  })
})
