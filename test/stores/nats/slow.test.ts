/** A node that takes so slowly what NATS sends that the server ends its connection: its readers miss nothing by it. */
import { connect } from '@nats-io/transport-node'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Producer } from '../../../src/core/store.js'
import { freePort } from '../../support/free-port.js'
import { NatsServer } from '../../support/nats.js'
import { ownTime } from '../../support/own-time.js'
import { type Node, node, read } from './nodes.js'

/** Why the server ends a connection, and what its configuration says so that it does. */
const limits = {
  'Slow Consumer (Pending Bytes)': 'max_pending: 4MB',
  'Slow Consumer (Write Deadline)': 'write_deadline: "1s"',
} as const
/** A client that stands still does not give up a server that is silent. */
const still = { connect: { pingInterval: 600_000 } }
const filling = 'x'.repeat(100_000)

/** A server with such a limit. `ended` answers why it has ended connections. */
async function limited(limit: string) {
  const port = await freePort()
  const server = await NatsServer.start(`${limit}\nhttp: "127.0.0.1:${port}"\n`)
  onTestFinished(() => server.remove())
  const ended = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/connz?state=closed&limit=1000`)
    const { connections } = (await answer.json()) as { connections: readonly { reason: string }[] }
    return connections.map(({ reason }) => reason)
  }
  return { server, ended }
}

/** On a busy machine this node may be cut off too. */
async function acknowledged({ hub }: Node, text: string, producer: Producer): Promise<void> {
  await expect.poll(() => hub.publish('c', text, { producer }).then(() => 'done')).toBe('done')
}

/** Two nodes, both read. One is held up, while the other publishes, until the server has ended its connection. */
async function cutOff(reason: string, limit: string) {
  const { server, ended } = await limited(limit)
  const [slow, other] = [await node(server, {}, still), await node(server)]
  const readings = [read(slow, 'c'), read(slow, 'c'), read(other, 'c')] as const
  const sent: string[] = []
  const publish = async () => {
    const seq = sent.length
    await acknowledged(other, `${seq} ${filling}`, { id: 'p', epoch: 0, seq })
    sent.push(`${seq}`)
  }
  await publish()
  await expect.poll(() => readings.map(({ texts }) => texts.length)).toEqual([1, 1, 1])
  slow.proxy.stall()
  while (!(await ended()).includes(reason)) await publish()
  return { server, slow, other, readings, sent, publish }
}

const numbers = (texts: readonly string[]) => texts.map((text) => text.slice(0, text.indexOf(' ')))

describe.each(Object.entries(limits))('a node that NATS has cut off: %s', (reason, limit) => {
  it('promise 1: goes on within 5 s, and its readers get all of it, once and in order', async () => {
    const { slow, readings, sent, publish } = await cutOff(reason, limit)
    expect(readings[0].texts.length).toBeLessThan(sent.length)
    const sinceMs = ownTime()
    slow.proxy.resume()
    for (const { texts } of readings) await expect.poll(() => texts.length).toBeGreaterThanOrEqual(sent.length)
    expect(sinceMs()).toBeLessThan(5_000)
    await publish()
    for (const { texts } of readings) await expect.poll(() => texts.length).toBeGreaterThanOrEqual(sent.length)
    for (const { texts, gaps } of readings) expect([numbers(texts), gaps]).toEqual([sent, []])
  })

  it('promise 3: tells its readers reset where the stream was purged meanwhile, and goes on', async () => {
    const { server, slow, other, readings, sent } = await cutOff(reason, limit)
    const connection = await connect({ servers: server.url })
    await connection.request('$JS.API.STREAM.PURGE.anywire_10000')
    await connection.close()
    await acknowledged(other, 'after', { id: 'q', epoch: 0, seq: 0 })
    slow.proxy.resume()
    await acknowledged(other, 'later', { id: 'q', epoch: 0, seq: 1 })
    for (const reading of readings)
      await expect.poll(() => [reading.gaps, reading.texts.at(-1)]).toEqual([['reset'], 'later'])
    for (const { texts } of readings) {
      const [before, since] = [texts.slice(0, -2), texts.slice(-2)]
      expect([numbers(before), since]).toEqual([sent.slice(0, before.length), ['after', 'later']])
    }
  })
})
