/** Facts about keys: the newest message of each, beyond retention, in pages, while they change. */

import { expect, it } from 'vitest'
import { at } from '../protocol/at.js'
import type { Offset } from '../protocol/offset.js'
import { bytes, everything, gapOf, type Open, pageOf, type Subject, text, texts } from './store-subject.js'

/** `a=1` is data with a key, `a` alone the tombstone of one. */
async function put(s: Subject, channel: string, ...pairs: string[]): Promise<Offset> {
  for (const pair of pairs) {
    const [key] = pair.split('=')
    await s.append(channel, [{ data: pair === key ? undefined : bytes(pair), key }])
  }
  return s.head(channel)
}

const keyed = { maxKeys: 100, retain: { messages: 3 } }
const snapshot = (s: Subject, channel: string, after?: Offset, until?: Offset, messages = 100) =>
  s.store.snapshot(channel, after, until, { ...everything, messages })

export function keyFacts(open: Open): void {
  it('answers the newest message of each key in log order, also of those trimmed from the log', async () => {
    const s = await open()
    const channel = await s.channel(keyed)
    const head = await put(s, channel, 'a=1', 'b=1', 'a=2', 'c=1', 'd=1', 'd=2')
    const page = pageOf(await snapshot(s, channel))
    expect(page.messages.map(text)).toEqual(['b=1', 'a=2', 'c=1', 'd=2'])
    expect(page).toMatchObject({ to: head, upToDate: true })
    await s.append(channel, 'after')
    expect(await s.texts(channel, page.to)).toEqual(['after'])
  })

  it('leaves out keys that a tombstone removed', async () => {
    const s = await open()
    const channel = await s.channel(keyed)
    await put(s, channel, 'a=1', 'b=1', 'a')
    expect(texts(await snapshot(s, channel))).toEqual(['b=1'])
    await put(s, channel, 'a=2')
    expect(texts(await snapshot(s, channel))).toEqual(['b=1', 'a=2'])
  })

  it('lets the oldest key go above maxKeys', async () => {
    const s = await open()
    const channel = await s.channel({ ...keyed, maxKeys: 2 })
    await put(s, channel, 'a=1', 'b=1', 'a=2', 'c=1')
    expect(texts(await snapshot(s, channel))).toEqual(['a=2', 'c=1'])
    await put(s, channel, 'd=1', 'e=1')
    expect(texts(await snapshot(s, channel))).toEqual(['d=1', 'e=1'])
  })

  it('pages up to one end, each key as it was there, while keys go on changing', async () => {
    const s = await open()
    const channel = await s.channel({ maxKeys: 100 })
    await put(s, channel, 'a=1', 'b=1', 'c=1', 'd=1', 'e=1')
    const first = pageOf(await snapshot(s, channel, undefined, undefined, 2))
    const until = first.info.head
    expect(first).toMatchObject({ upToDate: false, to: at(first.messages, 1).offset })
    await put(s, channel, 'a=2', 'd=2', 'e', 'f=1')
    const second = pageOf(await snapshot(s, channel, first.to, until, 2))
    const third = pageOf(await snapshot(s, channel, second.to, until, 2))
    expect([first, second, third].flatMap((page) => page.messages.map(text))).toEqual([
      'a=1',
      'b=1',
      'c=1',
      'd=1',
      'e=1',
    ])
    expect([second.upToDate, third.upToDate, third.to]).toEqual([false, true, until])
    expect(await s.texts(channel, third.to)).toEqual(['a=2', 'd=2', '∅', 'f=1'])
  })

  it('promise 3: answers reset when the channel was deleted between two pages', async () => {
    const s = await open()
    const channel = await s.channel({ maxKeys: 100 })
    await put(s, channel, 'a=1', 'b=1', 'c=1')
    const first = pageOf(await snapshot(s, channel, undefined, undefined, 1))
    await s.store.delete(channel)
    expect(gapOf(await snapshot(s, channel, first.to, first.info.head))).toMatchObject({ reason: 'reset' })
  })

  it('promise 3: answers reset when the end of the snapshot is none of its positions', async () => {
    const s = await open()
    const [channel, other] = [await s.channel({ maxKeys: 100 }), await s.channel()]
    await put(s, channel, 'a=1')
    s.time += 1_000
    const alien = await s.offsetOf(other, 'x')
    s.time += 1_000
    await put(s, channel, 'a=2')
    expect(gapOf(await snapshot(s, channel, undefined, alien))).toMatchObject({ reason: 'reset' })
  })

  it('reads a channel without keys from the start', async () => {
    const s = await open()
    const channel = await s.channel({}, 'a', 'b', 'c')
    const first = pageOf(await snapshot(s, channel, undefined, undefined, 2))
    await s.append(channel, 'd')
    const second = pageOf(await snapshot(s, channel, first.to, first.info.head, 2))
    expect([...first.messages, ...second.messages].map(text)).toEqual(['a', 'b', 'c'])
    expect(second).toMatchObject({ upToDate: true, to: first.info.head })
  })

  it('reads an unwritten name as an empty snapshot', async () => {
    const s = await open()
    const page = pageOf(await snapshot(s, s.name()))
    expect(page).toMatchObject({ messages: [], upToDate: true, to: page.info.head, info: { exists: false } })
  })
}
