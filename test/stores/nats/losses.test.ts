/** What NATS itself loses is announced: a stream that was purged, deleted, or put back from an older backup. */
import { connect } from '@nats-io/transport-node'
import { describe, expect, it, onTestFinished } from 'vitest'
import { nats } from '../../../src/stores/nats/index.js'
import { NatsServer } from '../../support/nats.js'
import { node, read } from './nodes.js'

const everything = { messages: 1_000, bytes: 1_000_000 }

async function start(): Promise<NatsServer> {
  const server = await NatsServer.start()
  onTestFinished(() => server.remove())
  return server
}

/** What an operator asks of JetStream. */
async function api(server: NatsServer, what: string, asked?: object): Promise<void> {
  const connection = await connect({ servers: server.url })
  const answer = await connection.request(`$JS.API.STREAM.${what}`, asked && JSON.stringify(asked))
  expect(answer.json()).toMatchObject({ success: true })
  await connection.close()
}

/** How all of it is lost. */
const losses: Record<string, (server: NatsServer) => Promise<void>> = {
  purged: (server) => api(server, 'PURGE.anywire_10000'),
  deleted: (server) => api(server, 'DELETE.anywire_10000'),
}

describe('promise 3: a stream that was lost', () => {
  it.each(Object.entries(losses))('because it was %s: all readers are told reset, and read on', async (_, lose) => {
    const server = await start()
    const nodes = [await node(server), await node(server)] as const
    const asked = await nats({ servers: server.url })
    onTestFinished(() => asked.close())
    const [info] = await asked.position(['c'])
    const birth = typeof info === 'object' ? info.head : ''
    const reading = read(nodes[1], 'c')
    for (let n = 1; n <= 3; n++) await nodes[0].hub.publish('c', `${n}`)
    await expect.poll(() => reading.texts).toEqual(['1', '2', '3'])
    const held = reading.last
    await lose(server)
    await nodes[0].hub.publish('c', 'after')
    await expect.poll(() => [reading.gaps, reading.texts.at(-1)]).toEqual([['reset'], 'after'])
    for (const from of [birth, held]) {
      const later = read(nodes[1], 'c', from)
      await expect.poll(() => [later.gaps, later.texts]).toEqual([['reset'], ['after']])
    }
    // A name that was never written reads as empty, and all nodes agree where it begins.
    const heads = await Promise.all([asked, asked].map((store) => store.position(['never'])))
    expect(heads[0]).toEqual(heads[1])
  })

  it('because it was deleted: a node that knew its end does not go on from there, though the numbers are the same', async () => {
    const server = await start()
    const [one, other] = [await nats({ servers: server.url }), await nats({ servers: server.url })]
    onTestFinished(async () => void (await Promise.all([one.close(), other.close()])))
    const retain = { messages: 10_000, bytes: null, ageMs: null }
    const options = { create: { contentType: 'text/plain', evictable: false, retain } }
    await one.append('c', [{ data: Buffer.from('a') }], options)
    await api(server, 'DELETE.anywire_10000')
    await other.append('c', [{ data: Buffer.from('b') }], options)
    await one.append('c', [{ data: Buffer.from('c') }], options)
    const page = await other.read('c', { kind: 'start' }, everything)
    const messages = page.kind === 'page' ? page.messages : []
    expect(messages.map((message) => String(message.data))).toEqual(['b', 'c'])
    expect(messages[1]?.previous).toBe(messages[0]?.offset)
  })

  it('of which a message was taken out of the middle: who comes to the hole is told reset, and reads on behind it', async () => {
    const server = await start()
    const { hub } = await node(server)
    for (let n = 1; n <= 20; n++) await hub.publish('c', `${n}`)
    // The birth of the stream is its first message.
    await api(server, 'MSG.DELETE.anywire_10000', { seq: 6 })
    const reading = read({ hub }, 'c')
    const rest = Array.from({ length: 15 }, (_, n) => `${n + 6}`)
    await expect.poll(() => [reading.texts, reading.gaps]).toEqual([['1', '2', '3', '4', ...rest], ['reset']])
  })

  it('of one class alone takes no other with it, the home included', async () => {
    const server = await start()
    const rules = { 'few/:n': { retain: { messages: 5 } } }
    const { hub } = await node(server, rules)
    await hub.publish('few/1', 'kept')
    await hub.publish('many', 'lost')
    await api(server, 'DELETE.anywire_10000')
    const other = await node(server, rules)
    const reading = read(other, 'few/1')
    await expect.poll(() => reading.texts).toEqual(['kept'])
    for (const one of [hub, other.hub]) await one.publish('few/1', 'more')
    await expect.poll(() => reading.texts).toEqual(['kept', 'more', 'more'])
    expect(reading.gaps).toEqual([])
    await api(server, 'DELETE.anywire_5')
    await hub.publish('few/1', 'after')
    await expect.poll(() => [reading.gaps, reading.texts.at(-1)]).toEqual([['reset'], 'after'])
  })

  it('because an older backup was put back: those that had more are told reset, others read on', async () => {
    const server = await start()
    const nodes = [await node(server), await node(server)] as const
    const reading = read(nodes[1], 'c')
    await nodes[0].hub.publish('c', '1')
    await expect.poll(() => reading.texts).toEqual(['1'])
    const first = reading.last
    await server.stop('SIGTERM')
    server.back()
    await server.start()
    const publish = (text: string) => expect.poll(() => nodes[0].hub.publish('c', text).then(() => text)).toBe(text)
    await publish('2')
    await publish('3')
    await expect.poll(() => reading.texts).toEqual(['1', '2', '3'])
    const last = reading.last
    await server.stop('SIGTERM')
    server.putBack()
    await server.start()
    for (const text of ['4', '5', '6']) await publish(text)
    await expect.poll(() => [reading.gaps, reading.texts]).toEqual([['reset'], ['1', '2', '3', '1', '4', '5', '6']])
    const store = await nats({ servers: server.url })
    onTestFinished(() => store.close())
    expect(await store.read('c', { kind: 'at', offset: last }, everything)).toMatchObject({ reason: 'reset' })
    expect(await store.read('c', { kind: 'at', offset: first }, everything)).toMatchObject({ kind: 'page' })
  })
})
