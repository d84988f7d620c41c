/** Facts about forks [Durable Streams §4.2]. */

import { expect, it } from 'vitest'
import type { Fork, StoreCapabilities } from '../core/store.js'
import { at } from '../protocol/at.js'
import { zeroOffset } from '../protocol/offset.js'
import { bytes, config, type Open, pageOf, type Subject } from './store-subject.js'

async function fork(s: Subject, source: string, at: Omit<Fork, 'source'> = {}): Promise<string> {
  const name = s.name()
  const result = await s.forks.create(name, config(), { fork: { source, ...at } })
  expect(result).toMatchObject({ kind: 'created' })
  return name
}

const tryFork = (s: Subject, of: Fork, over: Parameters<typeof config>[0] = {}, name = s.name()) =>
  s.forks.create(name, config(over), {
    fork: of,
    named: { contentType: over.contentType !== undefined, expiry: false },
  })

export function forkFacts(open: Open, { keys, expiry, retains }: StoreCapabilities): void {
  cutFacts(open, retains.messages)
  if (expiry) inheritanceFacts(open)
  subOffsetFacts(open)
  independenceFacts(open)
  if (keys) forkedKeyFacts(open)
  goneFacts(open)
}

function cutFacts(open: Open, trims: boolean): void {
  it('begins as the source up to any position, with the same offsets', async () => {
    const s = await open()
    const source = await s.channel({}, 'a', 'b', 'c')
    const { messages } = pageOf(await s.read(source))
    expect(pageOf(await s.read(await fork(s, source))).messages).toEqual(messages)
    for (const [index, message] of messages.entries()) {
      const copy = await fork(s, source, { offset: message.offset })
      expect(pageOf(await s.read(copy, message.previous)).messages).toEqual([message])
      expect(await s.texts(copy)).toEqual(['a', 'b', 'c'].slice(0, index + 1))
    }
  })

  it('begins empty when forked at the start', async () => {
    const s = await open()
    const source = await s.channel({}, 'a')
    const copy = await fork(s, source, { offset: zeroOffset })
    expect(await s.read(copy)).toMatchObject({ messages: [], upToDate: true })
    await s.append(copy, 'b')
    expect(await s.texts(copy)).toEqual(['b'])
  })

  it('answers fork-offset for a position that the source does not have', async () => {
    const s = await open()
    const source = await s.channel({ retain: { messages: trims ? 1 : null } }, 'a', 'b')
    const nines = `${'9'.repeat(16)}_${'9'.repeat(16)}`
    expect(await tryFork(s, { source, offset: nines })).toMatchObject({ kind: 'fork-offset' })
    const trimmed = pageOf(await s.read(s.name())).to
    expect(await tryFork(s, { source, offset: trimmed })).toMatchObject({ kind: 'fork-offset' })
  })

  it('answers fork-missing for an unknown source', async () => {
    const s = await open()
    expect(await tryFork(s, { source: s.name() })).toEqual({ kind: 'fork-missing' })
  })
}

function inheritanceFacts(open: Open): void {
  it('inherits content type and expiry unless they are named', async () => {
    const s = await open()
    const source = await s.channel({ contentType: 'application/json', ttlSeconds: 60 })
    const inherited = { contentType: 'application/json', ttlSeconds: 60 }
    expect(await tryFork(s, { source })).toMatchObject({ kind: 'created', info: inherited })
    const named = { contentType: false, expiry: true }
    const own = s.forks.create(s.name(), config({ ttlSeconds: 7 }), { fork: { source }, named })
    expect(await own).toMatchObject({ kind: 'created', info: { ttlSeconds: 7 } })
  })
}

function subOffsetFacts(open: Open): void {
  it('answers exists for the same fork again, conflict for another', async () => {
    const s = await open()
    const source = await s.channel({}, 'hello')
    const name = s.name()
    const of = { source, offset: zeroOffset, subOffset: 2 }
    expect(await tryFork(s, of, {}, name)).toMatchObject({ kind: 'created' })
    expect(await tryFork(s, of, {}, name)).toMatchObject({ kind: 'exists' })
    expect(await tryFork(s, { ...of, subOffset: 3 }, {}, name)).toMatchObject({ kind: 'conflict' })
    expect(await tryFork(s, { source }, {}, name)).toMatchObject({ kind: 'conflict' })
    const whole = await fork(s, source)
    await s.append(source, 'more')
    expect(await tryFork(s, { source, subOffset: 0 }, {}, whole)).toMatchObject({ kind: 'exists' })
  })

  it('takes so many bytes of the next message, and goes on after them', async () => {
    const s = await open()
    const source = await s.channel({}, 'first', 'second')
    const offset = at(pageOf(await s.read(source)).messages, 0).offset
    const copy = await fork(s, source, { offset, subOffset: 3 })
    await s.append(copy, 'LO')
    expect(await s.texts(copy)).toEqual(['first', 'sec', 'LO'])
    expect(await s.texts(await fork(s, source, { offset, subOffset: 6 }))).toEqual(['first', 'second'])
    expect(await tryFork(s, { source, offset, subOffset: 7 })).toMatchObject({ kind: 'fork-offset' })
    expect(await tryFork(s, { source, subOffset: 1 })).toMatchObject({ kind: 'fork-offset' })
  })

  it('takes so many messages of the next append in a JSON channel', async () => {
    const s = await open()
    const source = await s.channel({ contentType: 'application/json' })
    await s.append(source, [{ data: bytes('1') }, { data: bytes('2') }, { data: bytes('3') }])
    await s.append(source, '4')
    const copy = await fork(s, source, { offset: zeroOffset, subOffset: 2 })
    await s.append(copy, '5')
    expect(await s.texts(copy)).toEqual(['1', '2', '5'])
    expect(await tryFork(s, { source, offset: zeroOffset, subOffset: 4 })).toMatchObject({ kind: 'fork-offset' })
  })

  it('puts the first messages of the fork after what it inherits', async () => {
    const s = await open()
    const source = await s.channel({}, 'hello')
    const name = s.name()
    const of = { source, offset: zeroOffset, subOffset: 3 }
    await s.forks.create(name, config(), { fork: of, messages: [{ data: bytes('XY') }] })
    expect(await s.texts(name)).toEqual(['hel', 'XY'])
  })
}

function independenceFacts(open: Open): void {
  it('grows, closes and is deleted apart from its source', async () => {
    const s = await open()
    const source = await s.channel({}, 'a')
    const copy = await fork(s, source)
    await s.append(source, 'b', { close: true })
    await s.append(copy, 'c')
    expect([await s.texts(source), await s.texts(copy)]).toEqual([
      ['a', 'b'],
      ['a', 'c'],
    ])
    expect(await s.texts(await fork(s, source))).toEqual(['a', 'b'])
    await s.store.delete(copy)
    expect(await s.texts(source)).toEqual(['a', 'b'])
  })

  it('does not inherit producers', async () => {
    const s = await open()
    const source = await s.channel()
    const producer = { id: 'p', epoch: 0, seq: 0 }
    await s.append(source, 'a', { producer })
    expect(await s.append(await fork(s, source), 'b', { producer })).toMatchObject({ kind: 'appended' })
  })
}

function forkedKeyFacts(open: Open): void {
  it('inherits the newest message of each key, as it was at the cut', async () => {
    const s = await open()
    const source = await s.channel({ maxKeys: 10 })
    const first = await s.offsetOf(source, [{ data: bytes('a=1'), key: 'a' }])
    await s.append(source, [{ data: bytes('a=2'), key: 'a' }])
    const name = s.name()
    await s.forks.create(name, config({ maxKeys: 10 }), { fork: { source, offset: first } })
    expect(await s.texts(name, { kind: 'snapshot' })).toEqual(['a=1'])
  })
}

function goneFacts(open: Open): void {
  it('frees the name of a deleted source at once, and forks keep what they have', async () => {
    const s = await open()
    const source = await s.channel({}, 'a')
    const copy = await fork(s, source)
    expect(await s.store.delete(source)).toBe('deleted')
    expect(await s.store.delete(source)).toBe('missing')
    expect(await s.append(source, 'b', { create: config() })).toMatchObject({ kind: 'appended' })
    expect([await s.texts(source), await s.texts(copy)]).toEqual([['b'], ['a']])
    await s.store.delete(copy)
    expect(await s.texts(source)).toEqual(['b'])
  })

  it('keeps a name as gone while forks live, where it is deleted so', async () => {
    const s = await open()
    const source = await s.channel({}, 'a')
    const copy = await fork(s, source)
    expect(await s.forks.delete(source)).toBe('deleted')
    expect(await s.info(source)).toBe('gone')
    expect(await s.read(source)).toEqual({ kind: 'gone' })
    expect(await s.append(source, 'x', { create: config() })).toEqual({ kind: 'gone' })
    expect(await s.append(source, 'x', { revive: true })).toEqual({ kind: 'gone' })
    expect(await s.store.create(source, config())).toMatchObject({ kind: 'conflict' })
    expect(await tryFork(s, { source })).toEqual({ kind: 'fork-gone' })
    expect(await s.texts(copy)).toEqual(['a'])
  })

  it('frees a gone name when it is deleted again', async () => {
    const s = await open()
    const source = await s.channel({}, 'a')
    const copy = await fork(s, source)
    await s.forks.delete(source)
    expect(await s.forks.delete(source)).toBe('gone')
    expect(await s.forks.delete(source)).toBe('missing')
    expect(await s.store.create(source, config())).toMatchObject({ kind: 'created' })
    expect(await s.texts(copy)).toEqual(['a'])
  })

  it('creates a gone name anew for an append that may revive it', async () => {
    const s = await open()
    const source = await s.channel({}, 'a')
    const copy = await fork(s, source)
    const before = await s.head(source)
    await s.forks.delete(source)
    expect(await s.append(source, 'b', { create: config(), revive: true })).toMatchObject({ kind: 'appended' })
    expect(await s.texts(source)).toEqual(['b'])
    expect(await s.read(source, before)).toMatchObject({ kind: 'gap', reason: 'reset' })
    await s.store.delete(copy)
    expect(await s.texts(source)).toEqual(['b'])
  })

  it('lets gone sources go with the last fork, up the chain', async () => {
    const s = await open()
    const root = await s.channel({}, 'a')
    const middle = await fork(s, root)
    const leaves = [await fork(s, middle), await fork(s, middle)]
    for (const name of [root, middle, at(leaves, 0)]) await s.forks.delete(name)
    expect([await s.info(root), await s.info(middle)]).toEqual(['gone', 'gone'])
    await s.store.delete(at(leaves, 1))
    expect(await s.store.position([root, middle])).toMatchObject([{ exists: false }, { exists: false }])
    expect(await s.store.create(root, config())).toMatchObject({ kind: 'created' })
  })

  it('takes no hold of the source when it refuses', async () => {
    const s = await open()
    const source = await s.channel({}, 'a')
    expect(await tryFork(s, { source }, { contentType: 'text/html' })).toMatchObject({ kind: 'conflict' })
    await s.forks.delete(source)
    expect(await s.info(source)).toMatchObject({ exists: false })
  })
}
