/** Facts about the life of a channel: created, deleted, created again. */

import { expect, it } from 'vitest'
import type { StoreCapabilities } from '../core/store.js'
import { at } from '../protocol/at.js'
import { bytes, config, gapOf, type Open, pageOf } from './store-subject.js'

export function lifeFacts(open: Open, { keys }: StoreCapabilities): void {
  createFacts(open)
  deleteFacts(open, keys)
  it('may be closed twice', async () => {
    const { store } = await open()
    await Promise.all([store.close(), store.close()])
    await store.close()
  })
}

function createFacts(open: Open): void {
  it('creates a channel with its first messages, closed if asked', async () => {
    const s = await open()
    const name = s.name()
    const messages = [{ data: bytes('a') }, { data: bytes('b') }]
    const result = await s.store.create(name, config(), { messages, closed: true })
    expect(result).toMatchObject({ kind: 'created', info: { exists: true, closed: true, head: await s.head(name) } })
    expect(await s.texts(name)).toEqual(['a', 'b'])
  })

  it('answers exists for the same again, conflict with a reason for anything else', async () => {
    const s = await open()
    const name = s.name()
    const same = config({ contentType: 'text/plain; charset=utf-8', ttlSeconds: 60 })
    await s.store.create(name, same)
    expect(await s.store.create(name, config({ ...same, contentType: 'TEXT/plain' }))).toMatchObject({ kind: 'exists' })
    const others = [
      s.store.create(name, config({ ...same, contentType: 'text/html' })),
      s.store.create(name, config({ ...same, ttlSeconds: 61 })),
      s.store.create(name, config({ ...same, expiresAt: s.time + 1e9 })),
      s.store.create(name, same, { closed: true }),
    ]
    for (const other of await Promise.all(others)) {
      expect(other).toMatchObject({ kind: 'conflict', why: expect.stringContaining(name) })
    }
  })

  it('does not store the messages of a create that answers exists', async () => {
    const s = await open()
    const channel = await s.channel({}, 'a')
    await s.store.create(channel, config(), { messages: [{ data: bytes('b') }] })
    expect(await s.texts(channel)).toEqual(['a'])
  })

  it('tells of many channels at once, in their order', async () => {
    const s = await open()
    const [one, unwritten, two] = [await s.channel({}, 'a'), s.name(), await s.channel({ contentType: 'image/png' })]
    expect(await s.store.position([two, unwritten, one])).toMatchObject([
      { exists: true, contentType: 'image/png', closed: false },
      { exists: false, contentType: undefined },
      { exists: true, contentType: 'text/plain' },
    ])
  })
}

function deleteFacts(open: Open, keys: boolean): void {
  it('deletes once', async () => {
    const s = await open()
    const channel = await s.channel({}, 'a')
    expect([await s.store.delete(channel), await s.store.delete(channel)]).toEqual(['deleted', 'missing'])
    expect(await s.info(channel)).toMatchObject({ exists: false })
    expect(await s.append(channel, 'b')).toEqual({ kind: 'missing' })
  })

  it('promise 3: answers reset to each position from before a delete, also once it is written again', async () => {
    const s = await open()
    const channel = await s.channel({}, 'a', 'b')
    const { messages } = pageOf(await s.read(channel))
    const held = [at(messages, 0).previous, at(messages, 0).offset, at(messages, 1).offset]
    await s.store.delete(channel)
    for (const offset of held) expect(gapOf(await s.read(channel, offset))).toMatchObject({ reason: 'reset' })
    for (const content of ['c', 'd']) await s.append(channel, content, { create: config() })
    for (const offset of held) {
      const gap = gapOf(await s.read(channel, offset))
      expect(gap.reason).toBe('reset')
      expect(await s.texts(channel, gap.to)).toEqual(['c', 'd'])
    }
  })

  it('gives a reader that stood at the head of a deleted name everything that is written then', async () => {
    const s = await open()
    const channel = await s.channel({}, 'a')
    await s.store.delete(channel)
    const empty = pageOf(await s.read(channel))
    expect(empty).toMatchObject({ messages: [], upToDate: true, info: { exists: false } })
    await s.append(channel, 'b', { create: config() })
    expect(await s.texts(channel, empty.to)).toEqual(['b'])
  })

  it('forgets producers, Stream-Seq, keys and the close of a deleted channel', async () => {
    const s = await open()
    const channel = await s.channel({ maxKeys: 5 })
    const producer = { id: 'p', epoch: 4, seq: 0 }
    await s.append(channel, [{ data: bytes('a'), key: 'k' }], { producer, seq: '9', close: true })
    await s.store.delete(channel)
    const again = { create: config({ maxKeys: 5 }), producer: { ...producer, epoch: 0 }, seq: '1' }
    expect(await s.append(channel, 'b', again)).toMatchObject({ kind: 'appended', closed: false })
    if (keys) expect(pageOf(await s.read(channel, { kind: 'snapshot' })).messages).toEqual([])
  })
}
