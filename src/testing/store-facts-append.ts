/** Facts about `append`: order, atomicity, every outcome and which of them comes first. */

import { expect, it } from 'vitest'
import { at } from '../protocol/at.js'
import { whenOf } from '../protocol/offset.js'
import { bytes, config, type Open, pageOf, traceparent } from './store-subject.js'

const producer = (epoch: number, seq: number, id = 'p') => ({ producer: { id, epoch, seq } })

export function appendFacts(open: Open): void {
  orderFacts(open)
  producerFacts(open)
  closeFacts(open)
  precedenceFacts(open)
}

function orderFacts(open: Open): void {
  it('promise 1: keeps messages in the order of the calls', async () => {
    const s = await open()
    const channel = await s.channel()
    await Promise.all(Array.from({ length: 50 }, (_, index) => s.append(channel, `${index}`)))
    expect(await s.texts(channel)).toEqual(Array.from({ length: 50 }, (_, index) => `${index}`))
  })

  it('mints rising offsets, and links each message to its predecessor from the birth on', async () => {
    const s = await open()
    const channel = s.name()
    const birth = await s.head(channel)
    await s.append(channel, 'a', { create: config() })
    for (const content of ['b', 'c', 'd']) await s.append(channel, content)
    const { messages } = pageOf(await s.read(channel))
    expect(messages.map((message) => message.previous)).toEqual([birth, ...messages.slice(0, -1).map((m) => m.offset)])
    for (const message of messages) expect(message.offset > message.previous).toBe(true)
  })

  it('promise 4: stores all messages of an append under one "when"', async () => {
    const s = await open()
    const channel = await s.channel({}, 'before')
    const result = await s.append(channel, [{ data: bytes('a') }, { data: bytes('b') }, { data: bytes('c') }])
    const { messages, to } = pageOf(await s.read(channel))
    const [before, ...batch] = [at(messages, 0), ...messages.slice(1)]
    expect(new Set(batch.map((message) => whenOf(message.offset))).size).toBe(1)
    expect(whenOf(before.offset) < whenOf(at(batch, 0).offset)).toBe(true)
    expect(result).toEqual({ kind: 'appended', first: at(batch, 0).offset, next: to, closed: false })
  })

  it('keeps data, event and key as they came', async () => {
    const s = await open()
    const channel = await s.channel()
    await s.append(channel, [
      { data: bytes('x'), event: 'tick', key: 'k' },
      { data: undefined, key: 'k' },
    ])
    const { messages } = pageOf(await s.read(channel))
    expect(messages).toMatchObject([
      { event: 'tick', key: 'k' },
      { data: undefined, key: 'k' },
    ])
    expect(Buffer.from(at(messages, 0).data ?? '').toString()).toBe('x')
  })

  it('keeps the span that a message comes from, and of others none', async () => {
    const s = await open()
    const channel = await s.channel()
    await s.append(channel, [
      { data: bytes('x'), event: 'tick', key: 'k', traceparent },
      { data: bytes('y'), event: 'tick', key: 'k' },
      { data: bytes('z'), traceparent },
    ])
    const { messages } = pageOf(await s.read(channel))
    const told = messages.map((one) => [Buffer.from(one.data ?? '').toString(), one.event, one.key, one.traceparent])
    expect(told).toEqual([
      ['x', 'tick', 'k', traceparent],
      ['y', 'tick', 'k', undefined],
      ['z', undefined, undefined, traceparent],
    ])
  })

  it('answers missing for an unknown channel, and creates it only when told with what', async () => {
    const s = await open()
    const channel = s.name()
    expect(await s.append(channel, 'a')).toEqual({ kind: 'missing' })
    expect(await s.info(channel)).toMatchObject({ exists: false })
    expect(await s.append(channel, 'a', { create: config() })).toMatchObject({ kind: 'appended' })
    expect(await s.info(channel)).toMatchObject({ exists: true, contentType: 'text/plain' })
  })

  it('creates nothing when it refuses', async () => {
    const s = await open()
    const channel = s.name()
    const create = config()
    expect(await s.append(channel, 'a', { create, ...producer(0, 3) })).toMatchObject({ kind: 'sequence-gap' })
    expect(await s.append(channel, 'a', { create, contentType: 'image/png' })).toMatchObject({ kind: 'mismatch' })
    expect(await s.append(channel, [], { create, ...producer(0, 0) })).toMatchObject({ kind: 'appended' })
    expect(await s.info(channel)).toMatchObject({ exists: false })
  })
}

function producerFacts(open: Open): void {
  it('promise 4: stores a retry of a producer once and answers the highest number stored', async () => {
    const s = await open()
    const channel = await s.channel()
    for (const seq of [0, 1, 2]) await s.append(channel, `${seq}`, producer(0, seq))
    const next = await s.head(channel)
    expect(await s.append(channel, '1', producer(0, 1))).toEqual({
      ...{ kind: 'duplicate', next, epoch: 0, seq: 2, closed: false },
    })
    expect(await s.texts(channel)).toEqual(['0', '1', '2'])
  })

  it('answers a sequence gap with what it expected', async () => {
    const s = await open()
    const channel = await s.channel()
    expect(await s.append(channel, 'x', producer(0, 1))).toEqual({ kind: 'sequence-gap', expected: 0, received: 1 })
    await s.append(channel, 'a', producer(0, 0))
    expect(await s.append(channel, 'x', producer(0, 2))).toEqual({ kind: 'sequence-gap', expected: 1, received: 2 })
    expect(await s.texts(channel)).toEqual(['a'])
  })

  it('fences an older epoch, and lets a newer one begin with number 0 only', async () => {
    const s = await open()
    const channel = await s.channel()
    await s.append(channel, 'a', producer(1, 0))
    expect(await s.append(channel, 'x', producer(0, 1))).toEqual({ kind: 'fenced', epoch: 1 })
    expect(await s.append(channel, 'x', producer(2, 1))).toEqual({ kind: 'bad-epoch' })
    expect(await s.append(channel, 'b', producer(2, 0))).toMatchObject({ kind: 'appended' })
    expect(await s.append(channel, 'x', producer(1, 1))).toEqual({ kind: 'fenced', epoch: 2 })
    expect(await s.texts(channel)).toEqual(['a', 'b'])
  })

  it('keeps producers and channels apart', async () => {
    const s = await open()
    const [one, two] = [await s.channel(), await s.channel()]
    expect(await s.append(one, 'a', producer(0, 0))).toMatchObject({ kind: 'appended' })
    expect(await s.append(one, 'b', producer(0, 0, 'q'))).toMatchObject({ kind: 'appended' })
    expect(await s.append(two, 'c', producer(0, 0))).toMatchObject({ kind: 'appended' })
  })

  it('checks the producer alone when nothing comes with it, and stores nothing', async () => {
    const s = await open()
    const channel = await s.channel({}, 'a')
    const next = await s.head(channel)
    expect(await s.append(channel, [], producer(0, 0))).toEqual({ kind: 'appended', first: next, next, closed: false })
    expect(await s.append(channel, [], producer(0, 1))).toMatchObject({ kind: 'sequence-gap', expected: 0 })
    expect(await s.append(channel, 'b', producer(0, 0))).toMatchObject({ kind: 'appended' })
    expect(await s.append(channel, [], producer(0, 0))).toMatchObject({ kind: 'duplicate', seq: 0 })
  })

  it('forgets the producer unused longest above maxProducers', async () => {
    const s = await open()
    const channel = await s.channel()
    const limit = { maxProducers: 2 }
    for (const id of ['a', 'b']) await s.append(channel, id, { ...limit, ...producer(0, 0, id) })
    await s.append(channel, 'a', { ...limit, ...producer(0, 1, 'a') })
    await s.append(channel, 'c', { ...limit, ...producer(0, 0, 'c') })
    expect(await s.append(channel, [], producer(0, 1, 'a'))).toMatchObject({ kind: 'duplicate' })
    expect(await s.append(channel, [], producer(0, 1, 'b'))).toMatchObject({ kind: 'sequence-gap', expected: 0 })
  })
}

function closeFacts(open: Open): void {
  it('closes in the same step as the last messages, and takes none after', async () => {
    const s = await open()
    const channel = await s.channel({}, 'a')
    const result = await s.append(channel, 'b', { close: true })
    const next = await s.head(channel)
    expect(result).toMatchObject({ kind: 'appended', next, closed: true })
    expect(await s.append(channel, 'c')).toEqual({ kind: 'closed', next })
    expect(await s.append(channel, 'c', { close: true })).toEqual({ kind: 'closed', next })
    expect(await s.texts(channel)).toEqual(['a', 'b'])
    expect(await s.info(channel)).toMatchObject({ closed: true })
  })

  it('closes without messages, whatever content type comes along, as often as asked', async () => {
    const s = await open()
    const channel = await s.channel({}, 'a')
    const next = await s.head(channel)
    const closed = { kind: 'appended', first: next, next, closed: true }
    expect(await s.append(channel, [], { close: true, contentType: 'image/png' })).toEqual(closed)
    expect(await s.append(channel, [], { close: true })).toEqual(closed)
  })

  it('answers duplicate to the producer that closed, closed to others', async () => {
    const s = await open()
    const channel = await s.channel()
    await s.append(channel, 'last', { close: true, ...producer(0, 0) })
    const again = { close: true, ...producer(0, 0) }
    expect(await s.append(channel, 'other words', again)).toMatchObject({ kind: 'duplicate', seq: 0, closed: true })
    expect(await s.append(channel, [], again)).toMatchObject({ kind: 'duplicate', closed: true })
    expect(await s.append(channel, 'x', producer(0, 1))).toMatchObject({ kind: 'closed' })
    expect(await s.append(channel, 'x', { close: true, ...producer(0, 0, 'q') })).toMatchObject({ kind: 'closed' })
    expect(await s.texts(channel)).toEqual(['last'])
  })

  it('counts a close without messages as the producer’s', async () => {
    const s = await open()
    const channel = await s.channel()
    await s.append(channel, 'a', producer(0, 0))
    await s.append(channel, [], { close: true, ...producer(0, 1) })
    expect(await s.append(channel, [], { close: true, ...producer(0, 1) })).toMatchObject({ kind: 'duplicate', seq: 1 })
  })
}

function precedenceFacts(open: Open): void {
  it('compares content types by type alone, in any case', async () => {
    const s = await open()
    const channel = await s.channel({ contentType: 'text/plain; charset=utf-8' })
    expect(await s.append(channel, 'a', { contentType: 'TEXT/Plain' })).toMatchObject({ kind: 'appended' })
    expect(await s.append(channel, 'b', { contentType: 'text/html' })).toEqual({
      ...{ kind: 'mismatch', contentType: 'text/plain; charset=utf-8' },
    })
    expect(await s.texts(channel)).toEqual(['a'])
  })

  it('takes a Stream-Seq only if it is byte-wise greater than the last', async () => {
    const s = await open()
    const channel = await s.channel()
    expect(await s.append(channel, 'a', { seq: '09' })).toMatchObject({ kind: 'appended' })
    expect(await s.append(channel, 'x', { seq: '09' })).toEqual({ kind: 'stale-seq', seq: '09' })
    expect(await s.append(channel, 'x', { seq: '01' })).toEqual({ kind: 'stale-seq', seq: '09' })
    expect(await s.append(channel, 'b', { seq: '\uffff' })).toMatchObject({ kind: 'appended' })
    // UTF-16 would have this the smaller one, UTF-8 the greater.
    expect(await s.append(channel, 'c', { seq: '\u{1f600}' })).toMatchObject({ kind: 'appended' })
  })

  it('checks the producer before closed, closed before the content type, that before Stream-Seq', async () => {
    const s = await open()
    const channel = await s.channel()
    await s.append(channel, 'a', { seq: '5', ...producer(1, 0) })
    const wrong = { contentType: 'image/png', seq: '1' }
    expect(await s.append(channel, 'x', wrong)).toMatchObject({ kind: 'mismatch' })
    await s.append(channel, [], { close: true })
    expect(await s.append(channel, 'x', wrong)).toMatchObject({ kind: 'closed' })
    expect(await s.append(channel, 'x', { ...wrong, ...producer(0, 1) })).toMatchObject({ kind: 'fenced' })
    expect(await s.append(channel, 'x', { ...wrong, ...producer(1, 0) })).toMatchObject({ kind: 'duplicate' })
    expect(await s.append(channel, 'x', { ...wrong, ...producer(1, 5) })).toMatchObject({ kind: 'sequence-gap' })
  })

  it('remembers nothing of an append it refused', async () => {
    const s = await open()
    const channel = await s.channel()
    await s.append(channel, 'x', { contentType: 'image/png', seq: '9', close: true, ...producer(3, 0) })
    expect(await s.append(channel, 'a', { seq: '1', ...producer(0, 0) })).toMatchObject({ kind: 'appended' })
    expect(await s.texts(channel)).toEqual(['a'])
  })
}
