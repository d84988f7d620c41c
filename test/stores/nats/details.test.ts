/** What is particular to the store on NATS: frames, streams of classes, answers that are lost, wake-ups that are. */
import { connect, headers, type Msg } from '@nats-io/transport-node'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import type { ChannelConfig, Store, Wake } from '../../../src/core/store.js'
import { createHub, type Hub } from '../../../src/index.js'
import { type NatsOptions, nats } from '../../../src/stores/nats/index.js'
import { NatsServer } from '../../support/nats.js'
import { RawProxy } from '../../support/raw-proxy.js'

const server = await NatsServer.start()
afterAll(() => server.remove())

const everything = { messages: 100_000, bytes: 100_000_000 }
const start = { kind: 'start' } as const

async function open(options: NatsOptions = {}): Promise<Store> {
  const store = await nats({ ...(!options.connection && { servers: server.url }), ...options })
  onTestFinished(() => store.close())
  return store
}

/** A store behind a proxy of its own. */
async function behind(port: number, options: NatsOptions = {}) {
  const proxy = await RawProxy.start(port)
  const store = await open({ servers: `127.0.0.1:${proxy.port}`, ...options })
  onTestFinished(() => proxy.close())
  return { proxy, store }
}

function config(messages: number | null): ChannelConfig {
  return { contentType: 'text/plain', evictable: false, retain: { messages, bytes: null, ageMs: null } }
}

const create = config(10_000)
const data = (text: string) => ({ data: Buffer.from(text) })

async function textsOf(store: Store, channel: string, from: string | undefined = undefined): Promise<string[]> {
  const texts: string[] = []
  for (let at = from; ; ) {
    const page = await store.read(channel, at === undefined ? start : { kind: 'at', offset: at }, everything)
    if (page.kind !== 'page') throw new Error(JSON.stringify(page))
    texts.push(...page.messages.map((message) => String(message.data)))
    if (page.upToDate) return texts
    at = page.to
  }
}

let names = 0
const name = () => `details/${++names}`

describe('a channel', () => {
  it('may have any name: of one length in subjects, and none of them stands for others', async () => {
    const [one, other] = [await open(), await open()]
    const strange = ['a.b', 'a.*', '>', '$JS.API', 'with space', 'ümlaut/😀', 'x'.repeat(512), 'é'.repeat(256)]
    for (const channel of strange) await one.append(channel, [data(channel)], { create })
    for (const channel of strange) expect(await textsOf(other, channel)).toEqual([channel])
  })

  it('is read whole, in order, where thousands of its messages lie among those of others', async () => {
    const store = await open()
    const [channel, other] = [name(), name()]
    const all = Array.from({ length: 1_500 }, (_, n) => `${n}`)
    for (const text of all)
      await Promise.all([channel, other].map((one) => store.append(one, [data(text)], { create })))
    expect(await textsOf(await open(), channel)).toEqual(all)
    const limit = { messages: 100, bytes: 1_000 }
    const first = await store.read(channel, { kind: 'last', count: 700 }, limit)
    expect(first.kind === 'page' && String(first.messages[0]?.data)).toBe('800')
  })

  it('keeps as many messages as it was told, however many come in one frame', async () => {
    const store = await open()
    const channel = name()
    const options = { create: config(7) }
    for (let n = 0; n < 10; n++)
      await store.append(
        channel,
        [0, 1, 2].map((part) => data(`${n}.${part}`)),
        options,
      )
    const kept = ['7.2', '8.0', '8.1', '8.2', '9.0', '9.1', '9.2']
    expect(await textsOf(store, channel)).toEqual(kept)
    await Promise.all(Array.from({ length: 40 }, (_, n) => store.append(channel, [data(`${n}`)], options)))
    expect(await textsOf(store, channel)).toEqual(['33', '34', '35', '36', '37', '38', '39'])
  })

  it('lets who has read up to a little before what is kept read on, and tells others what they miss', async () => {
    const store = await open()
    const channel = name()
    const offsets: string[] = []
    for (let n = 0; n < 30; n++) {
      const result = await store.append(channel, [data(`${n}`)], { create: config(20) })
      offsets.push(result.kind === 'appended' ? result.next : '')
    }
    expect((await textsOf(store, channel))[0]).toBe('10')
    expect((await textsOf(store, channel, offsets[7]))[0]).toBe('8')
    expect(await store.read(channel, { kind: 'at', offset: offsets[6] ?? '' }, everything)).toMatchObject({
      ...{ kind: 'gap', reason: 'trimmed', to: offsets[9] },
    })
  })

  it('that was deleted may be made anew to keep more, as often as that, and all nodes find it', async () => {
    const [one, other] = [await open(), await open()]
    const channel = name()
    let held = ''
    for (const keeps of [2, 50, 20_000, 10, null, 3]) {
      const before = held
      const made = await one.create(channel, config(keeps), { messages: [data(`${keeps}`)] })
      expect(made.kind).toBe('created')
      for (let n = 1; n < 10; n++) await other.append(channel, [data(`${n}`)])
      const all = [`${keeps}`, '1', '2', '3', '4', '5', '6', '7', '8', '9']
      expect(await textsOf(one, channel)).toEqual(all.slice(-(keeps ?? 10)))
      if (before)
        expect(await other.read(channel, { kind: 'at', offset: before }, everything)).toMatchObject({ reason: 'reset' })
      held = made.kind === 'created' ? made.info.head : ''
      expect(await other.delete(channel)).toBe('deleted')
      expect(await one.append(channel, [data('none')])).toEqual({ kind: 'missing' })
    }
  })

  it('remembers many producers, also for other nodes, and forgets the one unused longest', async () => {
    const [one, other] = [await open(), await open()]
    const channel = name()
    const by = (store: Store, id: string, seq: number) =>
      store.append(channel, [data(id)], { create, producer: { id, epoch: 0, seq }, maxProducers: 100 })
    for (let n = 0; n < 130; n++) await by(one, `p${n}`, 0)
    await one.append(channel, [data('without')])
    expect((await by(other, 'p129', 0)).kind).toBe('duplicate')
    expect((await by(other, 'p30', 0)).kind).toBe('duplicate')
    expect((await by(other, 'p29', 1)).kind).toBe('sequence-gap')
    expect((await by(other, 'p40', 1)).kind).toBe('appended')
    expect((await by(one, 'p40', 1)).kind).toBe('duplicate')
    await other.delete(channel)
    expect((await by(one, 'p129', 0)).kind).toBe('appended')
  })

  it('of which only the frames were purged forgets its producers, and goes on', async () => {
    const store = await open({ name: 'part' })
    const by = (id: string) => store.append('c', [data(id)], { create, producer: { id, epoch: 0, seq: 0 } })
    for (let n = 0; n < 40; n++) expect((await by(`p${n}`)).kind).toBe('appended')
    const connection = await connect({ servers: server.url })
    onTestFinished(() => connection.close())
    await connection.request('$JS.API.STREAM.PURGE.part_10000', JSON.stringify({ filter: 'part.c.>' }))
    for (let n = 0; n < 40; n++) expect((await by(`p${n}`)).kind).toBe('appended')
    expect((await by('p39')).kind).toBe('duplicate')
  })

  it('is refused nothing for what a node knew of it before others changed it', async () => {
    const [one, other] = [await open(), await open()]
    const channel = name()
    const producer = { id: 'p', epoch: 5, seq: 0 }
    await one.append(channel, [data('a')], { create, close: true, producer })
    await other.delete(channel)
    await other.append(channel, [data('b')], { create })
    const again = { ...producer, epoch: 0 }
    expect(await one.append(channel, [data('c')], { producer: again })).toMatchObject({ kind: 'appended' })
    await other.delete(channel)
    expect(await one.create(channel, create)).toMatchObject({ kind: 'created' })
    expect(await other.create(channel, { ...create, contentType: 'image/png' })).toMatchObject({ kind: 'conflict' })
  })

  it('takes what nodes with wrong clocks append, in one order', async () => {
    const [fast, slow] = [await open({ now: () => Date.now() + 3_600_000 }), await open()]
    const channel = name()
    for (let n = 0; n < 6; n++) await (n % 2 ? slow : fast).append(channel, [data(`${n}`)], { create })
    expect(await textsOf(slow, channel)).toEqual(['0', '1', '2', '3', '4', '5'])
  })
})

describe('an append', () => {
  it.each(['up', 'down'] as const)(
    'is stored once, and answered, where the connection is cut on its way %s',
    async (way) => {
      const { proxy, store } = await behind(server.port)
      const channel = name()
      await store.append(channel, [data('first')], { create })
      const many = Array.from({ length: 300 }, (_, n) => data(`${n}`.padEnd(50, '.')))
      proxy.cutAfter(way, way === 'up' ? 5_000 : 1, 'reset')
      expect(await store.append(channel, many)).toMatchObject({ kind: 'appended' })
      expect((await textsOf(store, channel)).length).toBe(301)
    },
  )

  it('is refused at once while the server is away, stored by nobody later, and goes on when it is back', async () => {
    const own = await NatsServer.start()
    onTestFinished(() => own.remove())
    const store = await open({ servers: own.url })
    const wakes: Wake['kind'][] = []
    store.watch(({ kind }) => wakes.push(kind))
    await store.append('c', [data('before')], { create })
    await own.stop()
    await expect.poll(() => wakes).toEqual(['discontinuity'])
    await expect(store.append('c', [data('during')])).rejects.toMatchObject({ code: 'store-down' })
    await expect(store.read('c', start, everything)).rejects.toMatchObject({ code: 'store-down' })
    await expect(store.follow('c')).rejects.toMatchObject({ code: 'store-down' })
    // For longer than a client of NATS tries by itself.
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    await own.start()
    await expect.poll(() => wakes).toEqual(['discontinuity', 'discontinuity'])
    expect(await store.append('c', [data('after')])).toMatchObject({ kind: 'appended' })
    expect(await textsOf(store, 'c')).toEqual(['before', 'after'])
  })

  it('has an unknown outcome after its own deadline, and is stored once when its producer comes again', async () => {
    const own = await NatsServer.start()
    onTestFinished(() => own.remove())
    const store = await open({ servers: own.url, appendMs: 300 })
    const options = { create, producer: { id: 'p', epoch: 0, seq: 0 } }
    await store.append('c', [data('first')], { create })
    await own.freeze()
    expect(await store.append('c', [data('once')], options)).toMatchObject({ kind: 'unknown' })
    own.thaw()
    const again = () =>
      store.append('c', [data('once')], options).then(
        ({ kind }) => kind,
        () => 'away',
      )
    await expect.poll(again).toBe('duplicate')
    expect(await textsOf(store, 'c')).toEqual(['first', 'once'])
  })

  it('is refused where the server takes no message of that size, or the stream is full, and others go on', async () => {
    const store = await open({ name: 'small', maxBytes: 3_000_000 })
    const large = { data: Buffer.alloc(1_048_576) }
    await expect(store.append('c', [large], { create })).rejects.toMatchObject({ code: 'too-large' })
    const append = () => store.append('c', [{ data: Buffer.alloc(900_000) }], { create })
    expect([(await append()).kind, (await append()).kind, (await append()).kind]).toEqual([
      'appended',
      'appended',
      'appended',
    ])
    expect(await append()).toMatchObject({ kind: 'full', why: expect.stringContaining('maxBytes') })
    expect((await store.append('c', [data('small')])).kind).toBe('appended')
    const page = await store.read('c', start, { messages: 10, bytes: 10_000_000 })
    const sizes = page.kind === 'page' ? page.messages.map((message) => message.data?.length) : []
    expect(sizes).toEqual([900_000, 900_000, 900_000, 5])
  })

  it('is joined with those that wait, and each gets its own answer', async () => {
    const store = await open()
    const channel = name()
    const results = await Promise.all([
      store.append(channel, [data('a')], { create, producer: { id: 'p', epoch: 0, seq: 0 } }),
      store.append(channel, [data('b'), data('c')]),
      store.append(channel, [data('x')], { contentType: 'image/png' }),
      store.append(channel, [data('a')], { producer: { id: 'p', epoch: 0, seq: 0 } }),
      store.delete(channel),
      store.append(channel, [data('x')]),
      store.create(channel, create, { messages: [data('d')] }),
      store.append(channel, [data('e')], { close: true }),
      store.append(channel, [data('x')]),
    ])
    const kinds = results.map((result) => (typeof result === 'string' ? result : result.kind))
    const last = ['deleted', 'missing', 'created', 'appended', 'closed']
    expect(kinds).toEqual(['appended', 'appended', 'mismatch', 'duplicate', ...last])
    expect(await textsOf(store, channel)).toEqual(['d', 'e'])
    const [known] = await store.position([channel])
    expect(results[7]).toMatchObject({ next: typeof known === 'object' && known.head })
  })
})

describe('a wake-up', () => {
  it('flows for what is appended as soon as the channel is followed', async () => {
    const [one, other] = [await open(), await open()]
    const woken: string[] = []
    other.watch((wake) => void ('channel' in wake && woken.push(wake.channel)))
    for (let n = 0; n < 50; n++) {
      const channel = name()
      await other.follow(channel)
      await one.append(channel, [data('x')], { create })
      await expect.poll(() => woken.at(-1)).toBe(channel)
    }
  })

  it('that does not follow what its frame was made for is only a hint to ask', async () => {
    const store = await open({ name: 'wakes' })
    const wakes: Wake[] = []
    store.watch((wake) => wakes.push(wake))
    await store.follow('c')
    const connection = await connect({ servers: server.url })
    onTestFinished(() => connection.close())
    const sent: Msg[] = []
    connection.subscribe('wakes.w.>', { callback: (_, message) => void sent.push(message) })
    await connection.flush()
    await store.append('c', [data('x')], { create })
    await expect.poll(() => [sent.length, wakes.length]).toEqual([1, 1])
    const altered = headers()
    for (const [key, [value = '']] of sent[0]!.headers!) altered.set(key, value)
    altered.set('Nats-Last-Sequence', '7')
    connection.publish(sent[0]!.subject, sent[0]!.data, { headers: altered })
    connection.publish(sent[0]!.subject, 'nothing that we wrote')
    await expect
      .poll(() => wakes.slice(1))
      .toEqual([
        { kind: 'changed', channel: 'c' },
        { kind: 'changed', channel: 'c' },
      ])
  })
})

describe('hubs on one NATS', () => {
  it('disconnect the readers of each other, and go on from offsets of each other', async () => {
    const hubs = await Promise.all([open({ name: 'hubs' }), open({ name: 'hubs' })])
    const [one, other] = hubs.map((store) => createHub({ store })) as [Hub, Hub]
    onTestFinished(async () => void (await Promise.all([one, other].map((hub) => hub.close({ graceMs: 0 })))))
    for (let n = 0; n < 3; n++) await one.publish('c', n)
    const page = await hubs[0]?.read('c', start, { messages: 1, bytes: 1 })
    const got: unknown[] = []
    const reading = (async () => {
      for await (const item of other.subscribe('c', { from: page?.kind === 'page' ? page.to : 'now' })) got.push(item)
    })()
    let ended = false
    const end = () => {
      ended = true
    }
    reading.then(end, end)
    await expect.poll(() => got).toMatchObject([{ data: 1 }, { data: 2 }])
    one.disconnect({ channel: 'c' })
    await expect.poll(() => ended).toBe(true)
  })
})

describe('a hub that is closed while it asks', () => {
  it('reports no failure', async () => {
    const told: unknown[] = []
    for (let n = 0; n < 10; n++) {
      const hub = createHub({ store: await nats({ servers: server.url }), onError: (error) => told.push(error) })
      await hub.close({ graceMs: 0 })
    }
    expect(told).toEqual([])
  })
})

describe('a name that was never written', () => {
  it('is created in two round trips: it is looked up together with its stream, of which many names ask once', async () => {
    const connection = await connect({ servers: server.url })
    onTestFinished(() => connection.close())
    const store = await open({ connection })
    const asked: string[] = []
    let answer = () => {}
    const answered = new Promise<void>((resolve) => {
      answer = resolve
    })
    const request = connection.request.bind(connection)
    connection.request = async (...args) => {
      const last = JSON.parse(String(args[1])).last_by_subj as string
      asked.push(last.startsWith('anywire.b.') ? 'stream' : 'name')
      await answered
      return request(...args)
    }
    const names = [name(), name()]
    const appended = names.map((channel) => store.append(channel, [data('x')], { create }))
    await expect.poll(() => asked).toEqual(['name', 'name', 'stream'])
    answer()
    expect(await Promise.all(appended)).toMatchObject([{ kind: 'appended' }, { kind: 'appended' }])
    expect(asked).toHaveLength(3)
  })
})

describe('a connection of the program', () => {
  it('is used, and stays open', async () => {
    const connection = await connect({ servers: server.url })
    onTestFinished(() => connection.close())
    const store = await open({ connection })
    const channel = name()
    expect(await store.append(channel, [data('x')], { create })).toMatchObject({ kind: 'appended' })
    await store.close()
    await connection.flush()
    expect(connection.isClosed()).toBe(false)
    await expect(store.append(channel, [data('x')])).rejects.toMatchObject({ code: 'store-down' })
  })
})
