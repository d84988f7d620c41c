/** The memory store: the contract of stores, and what is its own: maxBytes, tombstones, the timer. */
import { describe, expect, it } from 'vitest'
import { numberOf, whenOf } from '../protocol/offset.js'
import { storeContract } from '../testing/store-contract.js'
import { bytes, config, everything, gapOf, pageOf, Subject, texts } from '../testing/store-subject.js'
import { type MemoryOptions, memory } from './memory.js'

storeContract('memory', (options) => memory(options))

async function subject(options: MemoryOptions): Promise<Subject> {
  const s = new Subject()
  await s.open((own) => memory({ ...own, ...options }))
  return s
}

const onUse = { create: config({ evictable: true }) }
const kilobyte = '.'.repeat(1_000)

describe('memory: maxBytes', () => {
  it('evicts the on-use channel unused longest', async () => {
    const s = await subject({ maxBytes: 10_000 })
    for (const channel of ['a', 'b', 'c', 'd']) await s.append(channel, kilobyte, onUse)
    await s.read('a')
    await s.append('e', kilobyte, onUse)
    expect([...(await s.store.channels('', 10))].sort()).toEqual(['a', 'c', 'd', 'e'])
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

  it('trims lasting channels only when no on-use channel is left, the one unused longest first', async () => {
    const s = await subject({ maxBytes: 10_000 })
    const create = config()
    for (const channel of ['old', 'old', 'new']) await s.append(channel, kilobyte, { create })
    await s.append('use', kilobyte, onUse)
    for (let count = 0; count < 3; count++) await s.append('new', kilobyte)
    expect(await s.store.channels('use', 1)).toEqual([])
    expect(await s.texts('old')).toHaveLength(2)
    for (let count = 0; count < 2; count++) await s.append('new', kilobyte)
    expect((await s.texts('old')).length).toBeLessThan(2)
    expect(await s.texts('new')).toHaveLength(6)
  })

  it('empties, and does not drop, a source of forks', async () => {
    const s = await subject({ maxBytes: 8_000 })
    await s.append('source', kilobyte, onUse)
    await s.store.create('fork', config(), { fork: { source: 'source' } })
    for (let count = 0; count < 6; count++) await s.append('other', kilobyte, onUse)
    expect(await s.info('source')).toMatchObject({ exists: true })
    expect(await s.texts('source')).toEqual([])
    await s.store.delete('source')
    expect(await s.info('source')).toBe('gone')
  })

  it('counts messages that are held for their key alone', async () => {
    const s = await subject({ maxBytes: 9_000 })
    const create = config({ maxKeys: 10, retain: { messages: 1 } })
    await s.append('use', kilobyte, onUse)
    for (const key of ['1', '2', '3', '4', '5']) await s.append('keyed', [{ data: bytes(kilobyte), key }], { create })
    expect(await s.store.channels('use', 1)).toEqual([])
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

describe('memory: tombstones', () => {
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
    await s.store.create('fork', config(), { fork: { source: 'a' } })
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
