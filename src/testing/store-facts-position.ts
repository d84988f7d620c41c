/** Facts about positions: what follows one, when there is a gap, how pages are cut. */

import { expect, it } from 'vitest'
import type { StoreCapabilities } from '../core/store.js'
import { at } from '../protocol/at.js'
import { microsOf, mintOffset, numberOf, whenOf, zeroOffset } from '../protocol/offset.js'
import { bytes, config, everything, gapOf, type Open, pageOf, traceparent } from './store-subject.js'

const keepTwo = { retain: { messages: 2 } }

export interface PositionAbilities extends Pick<StoreCapabilities, 'retains'> {
  readonly dense: boolean
}

export function positionFacts(open: Open, { dense, retains }: PositionAbilities): void {
  placeFacts(open)
  unwrittenFacts(open)
  if (retains.messages) trimFacts(open, dense)
  if (retains.bytes) bytesFacts(open)
  resetFacts(open)
  pageFacts(open, dense)
}

function placeFacts(open: Open): void {
  it('reads on from the position after any message', async () => {
    const s = await open()
    const channel = await s.channel({}, 'a', 'b', 'c', 'd')
    const { messages } = pageOf(await s.read(channel))
    for (const [index, message] of messages.entries()) {
      expect(await s.texts(channel, message.offset)).toEqual(['a', 'b', 'c', 'd'].slice(index + 1))
      expect(await s.texts(channel, message.previous)).toEqual(['a', 'b', 'c', 'd'].slice(index))
    }
  })

  it('reads from the start, from now and from the newest N', async () => {
    const s = await open()
    const channel = await s.channel({}, 'a', 'b', 'c')
    const head = await s.head(channel)
    expect(await s.texts(channel, { kind: 'start' })).toEqual(['a', 'b', 'c'])
    expect(await s.texts(channel, { kind: 'last', count: 2 })).toEqual(['b', 'c'])
    expect(await s.texts(channel, { kind: 'last', count: 99 })).toEqual(['a', 'b', 'c'])
    expect(await s.read(channel, { kind: 'now' })).toMatchObject({ from: head, to: head, messages: [], upToDate: true })
  })

  it('takes a position between two minted ones', async () => {
    const s = await open()
    const channel = await s.channel({}, 'a')
    await s.append(channel, [{ data: bytes('b') }, { data: bytes('c') }])
    const { messages } = pageOf(await s.read(channel))
    const [a, b] = [at(messages, 0), at(messages, 1)]
    const afterA = mintOffset(microsOf(a.offset), numberOf(a.offset) + 1)
    expect(await s.texts(channel, afterA)).toEqual(['b', 'c'])
    expect(await s.texts(channel, mintOffset(microsOf(b.offset), 0))).toEqual(['b', 'c'])
  })

  it('takes "tail + 1", and what comes next follows it', async () => {
    const s = await open()
    const channel = await s.channel({}, 'a', 'b')
    const head = await s.head(channel)
    const beyond = mintOffset(microsOf(head), numberOf(head) + 1)
    expect(await s.read(channel, beyond)).toMatchObject({ kind: 'page', messages: [], upToDate: true })
    await s.append(channel, 'c')
    expect(await s.texts(channel, beyond)).toEqual(['c'])
  })

  it('never mints the spellings of the start', async () => {
    const s = await open(0)
    const birth = await s.head(s.name())
    const channel = await s.channel({}, 'a')
    const { from, to } = pageOf(await s.read(channel))
    for (const offset of [birth, from, to]) expect(offset > zeroOffset).toBe(true)
  })
}

function unwrittenFacts(open: Open): void {
  it('reads an unwritten name as an empty log', async () => {
    const s = await open()
    const name = s.name()
    const page = pageOf(await s.read(name))
    expect(page).toMatchObject({ messages: [], upToDate: true, info: { exists: false, contentType: undefined } })
    expect(page.from).toBe(page.to)
    expect(numberOf(page.to)).toBe(0)
    expect(await s.head(name)).toBe(page.to)
    expect(await s.read(name, page.to)).toMatchObject({ kind: 'page', from: page.to, to: page.to })
  })

  it('does not create by reading', async () => {
    const s = await open()
    const name = s.name()
    await s.read(name)
    await s.read(name, { kind: 'now' })
    await s.store.snapshot(name, undefined, undefined, everything)
    await s.store.follow(name)
    s.store.touch([name])
    expect(await s.info(name)).toMatchObject({ exists: false })
    expect(await s.store.delete(name)).toBe('missing')
  })

  it('promise 2: gives a reader that stood at the birth everything that is written then', async () => {
    const s = await open()
    const name = s.name()
    const birth = pageOf(await s.read(name)).to
    for (const content of ['a', 'b']) await s.append(name, content, { create: config() })
    expect(await s.texts(name, birth)).toEqual(['a', 'b'])
  })

  it('answers reset for a position that an unwritten name never had', async () => {
    const s = await open()
    const channel = await s.channel({}, 'a')
    const foreign = await s.head(channel)
    expect(gapOf(await s.read(s.name(), foreign))).toMatchObject({ reason: 'reset', from: foreign })
  })
}

function trimFacts(open: Open, dense: boolean): void {
  it('promise 3: answers trimmed, with where reading goes on, for a position older than what is kept', async () => {
    const s = await open()
    const channel = await s.channel(keepTwo)
    const offsets = []
    for (const content of ['a', 'b', 'c', 'd']) offsets.push(await s.offsetOf(channel, content))
    const gap = gapOf(await s.read(channel, at(offsets, 0)))
    expect(gap).toMatchObject({ reason: 'trimmed', from: offsets[0], to: offsets[1] })
    if (dense) expect(gap.missed).toBe(1)
    expect(await s.texts(channel, gap.to)).toEqual(['c', 'd'])
  })

  it('counts the birth as older than what is kept once something was trimmed', async () => {
    const s = await open()
    const channel = await s.channel(keepTwo)
    const birth = await s.head(channel)
    for (const content of ['a', 'b']) await s.append(channel, content)
    expect(await s.texts(channel, birth)).toEqual(['a', 'b'])
    await s.append(channel, 'c')
    expect(gapOf(await s.read(channel, birth))).toMatchObject({ reason: 'trimmed' })
  })

  it('reads from the start of what is kept without a gap', async () => {
    const s = await open()
    const channel = await s.channel(keepTwo, 'a', 'b', 'c')
    expect(await s.texts(channel, { kind: 'start' })).toEqual(['b', 'c'])
  })

  it('goes on from the position before the first kept message, and from within its append', async () => {
    const s = await open()
    const channel = await s.channel({ retain: { messages: 1 } })
    await s.append(channel, [{ data: bytes('a') }, { data: bytes('b') }])
    const { messages, info } = pageOf(await s.read(channel))
    expect(messages.map((message) => message.previous)).toEqual([info.earliest])
    expect(await s.texts(channel, info.earliest)).toEqual(['b'])
  })
}

function resetFacts(open: Open): void {
  it('promise 3: answers reset for a position beyond the head and for a "when" it never minted', async () => {
    const s = await open()
    const channel = await s.channel({}, 'a')
    s.time += 60_000
    await s.append(channel, 'b')
    const { messages } = pageOf(await s.read(channel))
    const [a, b] = [at(messages, 0), at(messages, 1)]
    const beyond = mintOffset(microsOf(b.offset) + 1, numberOf(b.offset) + 1)
    const between = mintOffset(microsOf(a.offset) + 1, numberOf(a.offset))
    const before = mintOffset(1, 1)
    for (const alien of [beyond, between, before]) {
      const gap = gapOf(await s.read(channel, alien))
      expect(gap).toMatchObject({ reason: 'reset', from: alien })
      expect(await s.texts(channel, gap.to)).toEqual(['a', 'b'])
    }
  })
}

function bytesFacts(open: Open): void {
  it('keeps no more bytes than the retention says, but always the newest message', async () => {
    const s = await open()
    const channel = await s.channel({ retain: { bytes: 10 } }, '12345', '12345', '1')
    expect(await s.texts(channel)).toEqual(['12345', '1'])
    await s.append(channel, 'longer than ten')
    expect(await s.texts(channel)).toEqual(['longer than ten'])
  })

  it('counts the span that a message comes from among its bytes', async () => {
    const s = await open()
    const channel = await s.channel({ retain: { bytes: 120 } })
    const add = (text: string, more = {}) => s.append(channel, [{ data: bytes(text), ...more }])
    await add('a', { traceparent })
    for (const text of ['b', 'c', 'd']) await add(text)
    expect(await s.texts(channel)).toEqual(['a', 'b', 'c', 'd'])
    await add('e', { traceparent })
    await add('f', { traceparent })
    expect(await s.texts(channel)).toEqual(['b', 'c', 'd', 'e', 'f'])
    await add('x'.repeat(60))
    expect(await s.texts(channel)).toEqual(['f', 'x'.repeat(60)])
  })
}

function pageFacts(open: Open, dense: boolean): void {
  it('pages by count, each page beginning where the one before ended', async () => {
    const s = await open()
    const channel = await s.channel({}, 'a', 'b', 'c')
    const first = pageOf(await s.read(channel, { kind: 'start' }, { messages: 2, bytes: 1_000 }))
    expect(first).toMatchObject({ upToDate: false, to: at(first.messages, 1).offset })
    const second = pageOf(await s.read(channel, first.to, { messages: 2, bytes: 1_000 }))
    expect(second).toMatchObject({ from: first.to, upToDate: true, to: await s.head(channel) })
    expect(at(second.messages, 0).previous).toBe(first.to)
  })

  it('pages by bytes, with at least one message', async () => {
    const s = await open()
    const channel = await s.channel({}, '1234', '1234', '123456789')
    const limit = { messages: 10, bytes: 8 }
    const first = pageOf(await s.read(channel, { kind: 'start' }, limit))
    expect(first.messages.length).toBe(2)
    expect(await s.texts(channel, first.to, limit)).toEqual(['123456789'])
  })

  if (!dense) return
  it('ends a page after a multiple of `align`, so that readers come to share pages', async () => {
    const s = await open()
    const channel = await s.channel({}, ...'abcdefghij')
    const limit = { ...everything, align: 4 }
    const second = at(pageOf(await s.read(channel)).messages, 1).offset
    const one = pageOf(await s.read(channel, { kind: 'start' }, limit))
    const other = pageOf(await s.read(channel, second, limit))
    expect([one.messages.length, other.messages.length]).toEqual([4, 2])
    expect(other.to).toBe(one.to)
    expect(whenOf(one.to)).toBe(whenOf(at(one.messages, 3).offset))
  })
}
