/** The memory store: the contract of stores, and what is its own: maxBytes, tombstones, the timer. */
import { describe, expect, it } from 'vitest'
import { numberOf, whenOf } from '../../protocol/offset.js'
import { storeContract } from '../../testing/store-contract.js'
import { bytes, config, everything, gapOf, pageOf, Subject, texts } from '../../testing/store-subject.js'
import { memory } from './memory.js'
import type { MemoryOptions } from './options.js'

storeContract('memory', (options) => memory(options))

async function subject(options: MemoryOptions): Promise<Subject> {
  const s = new Subject()
  await s.open((own) => memory({ ...own, ...options }))
  return s
}

const onUse = { create: config({ evictable: true }) }
/** `count` names that begin with `prefix`. */
const named = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}${index}`)
const kilobyte = '.'.repeat(1_000)

describe('memory: maxBytes', () => {
  it('evicts the on-use channel unused longest', async () => {
    const s = await subject({ maxBytes: 10_000 })
    for (const channel of ['a', 'b', 'c', 'd']) await s.append(channel, kilobyte, onUse)
    await s.read('a')
    await s.append('e', kilobyte, onUse)
    expect(await s.existing('a', 'b', 'c', 'd', 'e')).toEqual(['a', 'c', 'd', 'e'])
  })

  it('promise 3: loses nothing for a reader at the head of an evicted channel, and tells the others', async () => {
    const s = await subject({ maxBytes: 5_000 })
    const first = await s.offsetOf('a', kilobyte, onUse)
    const head = await s.offsetOf('a', kilobyte)
    await s.store.follow('a')
    await s.append('b', kilobyte, onUse)
    expect(s.wakes).toEqual([{ kind: 'changed', channel: 'a' }])
    expect(await s.read('a', head)).toMatchObject({ kind: 'page', messages: [], to: head, info: { exists: false } })
    expect(gapOf(await s.read('a', first))).toMatchObject({ reason: 'trimmed', to: head, missed: 1 })
    await s.append('a', 'next', onUse)
    const { messages } = pageOf(await s.read('a', head))
    expect(messages).toMatchObject([{ previous: head }])
    expect(numberOf(messages[0]!.offset)).toBe(3)
  })

  it('keeps an evicted channel closed', async () => {
    const s = await subject({ maxBytes: 3_000 })
    await s.append('a', kilobyte, { ...onUse, close: true })
    await s.append('b', kilobyte, onUse)
    expect(await s.info('a')).toMatchObject({ exists: false, closed: true })
    expect(await s.append('a', 'x', onUse)).toMatchObject({ kind: 'closed' })
  })

  it('trims a channel that alone is too large, and keeps its newest message', async () => {
    const s = await subject({ maxBytes: 5_000 })
    for (const content of ['1', '2', '3', '4', '5']) await s.append('a', content + kilobyte, onUse)
    expect((await s.texts('a')).map((content) => content[0])).toEqual(['3', '4', '5'])
    await s.append('a', kilobyte.repeat(9))
    expect(await s.texts('a')).toEqual([kilobyte.repeat(9)])
  })

  it('evicts no on-use channel for one that holds more than an equal share', async () => {
    const s = await subject({ maxBytes: 10_000 })
    await s.append('idle', kilobyte, onUse)
    for (let count = 0; count < 50; count++) await s.append('flood', kilobyte, onUse)
    expect(await s.texts('idle')).toEqual([kilobyte])
    expect((await s.texts('flood')).length).toBeLessThan(6)
  })

  it('trims lasting channels to an equal share when no other is left, the one unused longest first', async () => {
    const s = await subject({ maxBytes: 20_000 })
    const create = config()
    await s.append('small', kilobyte, { create })
    for (const channel of ['old', 'new']) {
      for (let count = 0; count < 6; count++) await s.append(channel, kilobyte, { create })
    }
    await s.append('use', 'x', onUse)
    expect(await s.existing('use')).toEqual(['use'])
    for (let count = 0; count < 2; count++) await s.append('small', kilobyte)
    expect(await s.existing('use')).toEqual([])
    expect([(await s.texts('old')).length, (await s.texts('new')).length]).toEqual([4, 6])
    expect(await s.texts('small')).toHaveLength(3)
  })

  it('refuses a lasting channel that would take the room of messages, and nobody loses any', async () => {
    const s = await subject({ maxBytes: 100_000 })
    for (let count = 0; count < 5; count++) await s.append('innocent', `${count}`, onUse)
    const kinds = new Set<string>()
    for (let count = 0; count < 200; count++) kinds.add((await s.store.create(`put/${count}`, config())).kind)
    expect(kinds).toEqual(new Set(['created', 'full']))
    expect((await s.existing(...named('put/', 200))).length).toBeGreaterThan(40)
    expect(await s.append('lasting', 'x', { create: config() })).toMatchObject({ kind: 'full' })
    for (let count = 0; count < 5; count++) await s.append('put/0', kilobyte)
    await s.append('innocent', '5', onUse)
    expect(await s.texts('innocent')).toEqual(['0', '1', '2', '3', '4', '5'])
    expect(await s.texts('put/0')).toHaveLength(5)
    await s.store.delete('put/1')
    expect(await s.append('lasting', 'x', { create: config() })).toMatchObject({ kind: 'appended' })
  })

  it.each([true, false])(
    'refuses what is kept for its key beyond half of it (on-use channel: %s)',
    async (evictable) => {
      const s = await subject({ maxBytes: 40_000 })
      const create = config({ maxKeys: 1_000, evictable })
      const publish = async (key: string, content = kilobyte) =>
        (await s.append('board', [{ data: bytes(content), key }], { create })).kind
      await s.append('innocent', kilobyte, onUse)
      const kinds = []
      for (let count = 0; count < 30; count++) kinds.push(await publish(`${count}`))
      expect(kinds.indexOf('full')).toBeGreaterThan(10)
      expect(await publish('0', 'less')).toBe('appended')
      expect(await s.append('board', [{ data: undefined, key: '1' }])).toMatchObject({ kind: 'appended' })
      expect(await publish('more')).toBe('appended')
      expect(await s.texts('innocent')).toEqual([kilobyte])
    },
  )

  it('counts producers, and forgets those of the channel that has many', async () => {
    const s = await subject({ maxBytes: 100_000 })
    await s.append('innocent', kilobyte, onUse)
    await s.append('busy', 'mine', onUse)
    for (let count = 0; count < 1_000; count++) {
      await s.append('busy', 'x', { producer: { id: 'p'.repeat(500) + count, epoch: 0, seq: 0 } })
    }
    const known = async (count: number) =>
      (await s.append('busy', [], { producer: { id: 'p'.repeat(500) + count, epoch: 0, seq: 0 } })).kind
    expect([await known(999), await known(0)]).toEqual(['duplicate', 'appended'])
    expect(await s.texts('innocent')).toEqual([kilobyte])
  })

  it('counts names and content types', async () => {
    const s = await subject({ maxBytes: 100_000 })
    const long = 'n'.repeat(500)
    for (let count = 0; count < 100; count++) {
      await s.append(`${long}${count}`, 'x', { create: config({ evictable: true, contentType: `text/${long}` }) })
    }
    expect((await s.existing(...named(long, 100))).length).toBeLessThan(31)
  })

  it('evicts a source of forks as any channel', async () => {
    const s = await subject({ maxBytes: 12_000 })
    await s.append('source', kilobyte, onUse)
    await s.forks.create('fork', config(), { fork: { source: 'source' } })
    for (let count = 0; count < 4; count++) await s.append(`other/${count}`, kilobyte, onUse)
    expect(await s.info('source')).toMatchObject({ exists: false })
    expect(await s.texts('fork')).toEqual([kilobyte])
    expect(await s.append('source', 'again', onUse)).toMatchObject({ kind: 'appended' })
  })

  it('makes room for a large message in slices, with nobody waiting for all of it', async () => {
    const s = await subject({ maxBytes: 40_000_000 })
    for (let count = 0; count < 20_000; count++) await s.append(`small/${count}`, 'x', onUse)
    await s.append('large', '.'.repeat(20_000_000), onUse)
    const left = async () => (await s.existing(...named('small/', 20_000))).length
    expect(await left()).toBeGreaterThan(19_700)
    while ((await left()) > 15_000) await new Promise(setImmediate)
    expect(await s.texts('large')).toHaveLength(1)
  })

  it('counts messages that are held for their key alone', async () => {
    const s = await subject({ maxBytes: 16_000 })
    const create = config({ maxKeys: 10, retain: { messages: 1 } })
    for (const key of ['1', '2', '3', '4', '5']) await s.append('keyed', [{ data: bytes(kilobyte), key }], { create })
    for (const use of ['a', 'b', 'c', 'd', 'e']) await s.append(use, kilobyte, onUse)
    expect((await s.existing('keyed', 'a', 'b', 'c', 'd', 'e')).length).toBeLessThan(6)
  })

  it('gives back what deleted, trimmed and replaced messages took', async () => {
    const s = await subject({ maxBytes: 20_000 })
    const create = config({ maxKeys: 2, retain: { messages: 1 } })
    await s.append('witness', kilobyte, onUse)
    for (let count = 0; count < 100; count++) {
      await s.append('keyed', [{ data: bytes(kilobyte), key: `${Math.floor(count / 2) % 5}` }], { create })
      await s.append(`deleted/${count}`, kilobyte, { create })
      await s.store.delete(`deleted/${count}`)
    }
    expect(await s.texts('witness')).toEqual([kilobyte])
  })
})

describe('memory: maxChannels', () => {
  it('refuses one more, and nobody loses anything', async () => {
    const s = await subject({ maxChannels: 2 })
    for (const channel of ['a', 'b']) await s.append(channel, channel, onUse)
    expect(await s.append('c', 'c', onUse)).toMatchObject({ kind: 'full', why: expect.stringContaining('maxChannels') })
    expect(await s.store.create('c', config())).toMatchObject({ kind: 'full' })
    expect(await s.forks.create('c', config(), { fork: { source: 'a' } })).toMatchObject({ kind: 'full' })
    expect([await s.texts('a'), await s.texts('b')]).toEqual([['a'], ['b']])
    await s.store.delete('a')
    expect(await s.append('c', 'c', onUse)).toMatchObject({ kind: 'appended' })
  })

  it('gives the place of an on-use channel that holds nothing any more', async () => {
    const s = await subject({ maxChannels: 1 })
    const create = config({ evictable: true, retain: { ageMs: 1_000 } })
    const head = await s.offsetOf('a', 'a', { create })
    s.time += 2_000
    await s.read('a')
    expect(await s.append('b', 'b', onUse)).toMatchObject({ kind: 'appended' })
    expect(await s.read('a', head)).toMatchObject({ kind: 'page', messages: [], upToDate: true })
  })
})

describe('memory: tombstones', () => {
  it('take an eighth of maxBytes at most', async () => {
    const s = await subject({ maxBytes: 1_000_000 })
    await s.append('innocent', kilobyte, onUse)
    const long = 'n'.repeat(500)
    const first = await s.offsetOf(`${long}0`, 'x', onUse)
    for (let count = 0; count < 1_000; count++) {
      await s.append(`${long}${count}`, 'x', onUse)
      await s.store.delete(`${long}${count}`)
    }
    expect(gapOf(await s.read(`${long}0`, first))).toMatchObject({ reason: 'reset' })
    expect(await s.texts('innocent')).toEqual([kilobyte])
  })

  it('answers reset for positions in names it had to forget', async () => {
    const s = await subject({ maxTombstones: 10 })
    const held = new Map<string, string>()
    for (let count = 0; count < 50; count++) {
      const channel = `c/${count}`
      held.set(channel, await s.offsetOf(channel, 'a', onUse))
      await s.store.delete(channel)
    }
    for (const [channel, offset] of held) {
      expect(gapOf(await s.read(channel, offset))).toMatchObject({ reason: 'reset' })
      await s.append(channel, 'again', onUse)
      expect(gapOf(await s.read(channel, offset))).toMatchObject({ reason: 'reset' })
    }
  })

  it('sets the birth of unwritten names after what forgotten ones minted', async () => {
    const s = await subject({ maxTombstones: 1, random: () => 0 })
    const before = whenOf(await s.head('unwritten'))
    for (const channel of ['a', 'b', 'c']) {
      await s.append(channel, 'x', onUse)
      await s.store.delete(channel)
    }
    expect(whenOf(await s.head('unwritten')) > before).toBe(true)
  })
})

describe('memory: the log', () => {
  it('numbers messages densely from 1', async () => {
    const s = await subject({})
    const channel = await s.channel({}, 'a', 'b', 'c')
    const { messages } = pageOf(await s.read(channel))
    expect(messages.map((message) => numberOf(message.offset))).toEqual([1, 2, 3])
    expect(numberOf(messages[0]!.previous)).toBe(0)
  })

  it('keeps the bytes it was given, and forks share them', async () => {
    const s = await subject({})
    const data = bytes('a')
    await s.append('a', [{ data }], onUse)
    await s.forks.create('fork', config(), { fork: { source: 'a' } })
    expect(pageOf(await s.read('a')).messages[0]!.data).toBe(data)
    expect(pageOf(await s.read('fork')).messages[0]!.data).toBe(data)
  })

  it('wakes before append answers', async () => {
    const s = await subject({})
    await s.store.follow('a')
    const answer = s.append('a', 'x', onUse)
    expect(s.wakes).toHaveLength(1)
    await answer
  })

  it('finds every position in a long log that was trimmed many times', async () => {
    const s = await subject({})
    const channel = await s.channel({ retain: { messages: 300 } })
    for (let count = 0; count < 5_000; count++) await s.append(channel, `${count}`)
    const { messages } = pageOf(await s.read(channel))
    expect(messages).toHaveLength(300)
    for (const [index, message] of messages.entries()) {
      const page = await s.read(channel, message.offset, { ...everything, messages: 1 })
      expect(texts(page)).toEqual(index === 299 ? [] : [`${4_700 + index + 1}`])
    }
  })
})
