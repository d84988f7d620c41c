/** Facts about wake-ups: of what is followed, and of nothing else. */

import { expect, it } from 'vitest'
import { at } from '../protocol/at.js'
import { bytes, config, type Open, pageOf, text, traceparent } from './store-subject.js'

export function wakeFacts(open: Open): void {
  it('wakes for growth of followed channels with the messages as they are read, and for no others', async () => {
    const s = await open()
    const [followed, other] = [await s.channel(), await s.channel()]
    await s.store.follow(followed)
    await s.append(other, 'x')
    await s.append(followed, 'a')
    await s.append(followed, [{ data: bytes('b'), event: 'tick', key: 'k', traceparent }], { close: true })
    await expect.poll(() => s.wakes.length).toBe(2)
    const { messages } = pageOf(await s.read(followed))
    expect(s.wakes).toMatchObject([
      { kind: 'appended', channel: followed, closed: false, next: at(messages, 0).offset },
      { kind: 'appended', channel: followed, closed: true, next: at(messages, 1).offset },
    ])
    const woken = s.wakes.flatMap((wake) => (wake.kind === 'appended' ? wake.messages : []))
    expect(woken.map(text)).toEqual(['a', 'b'])
    expect(woken).toEqual(messages)
  })

  it('wakes for the first message of an unwritten name that is followed', async () => {
    const s = await open()
    const name = s.name()
    await s.store.follow(name)
    await s.append(name, 'a', { create: config() })
    await expect.poll(() => s.wakes).toMatchObject([{ kind: 'appended', channel: name }])
  })

  it('wakes with "changed" when a followed channel is deleted', async () => {
    const s = await open()
    const channel = await s.channel({}, 'a')
    await s.store.follow(channel)
    await s.store.delete(channel)
    await expect.poll(() => s.wakes).toEqual([{ kind: 'changed', channel }])
  })

  it('wakes no more after unfollow, and for nothing that it refused or had already', async () => {
    const s = await open()
    const channel = await s.channel()
    await s.store.follow(channel)
    const producer = { id: 'p', epoch: 0, seq: 0 }
    for (const content of ['a', 'a']) await s.append(channel, content, { producer })
    await s.append(channel, 'x', { contentType: 'image/png' })
    s.store.unfollow(channel)
    await s.append(channel, 'b')
    const other = await s.channel()
    await s.store.follow(other)
    await s.append(other, 'last')
    await expect.poll(() => s.wakes.at(-1)).toMatchObject({ channel: other })
    expect(s.wakes.map((wake) => wake.kind === 'appended' && wake.messages.map(text))).toEqual([['a'], ['last']])
  })

  it('wakes for a close alone, without messages, at the head', async () => {
    const s = await open()
    const channel = await s.channel({}, 'a')
    const next = await s.head(channel)
    await s.store.follow(channel)
    await s.append(channel, [], { close: true })
    await expect.poll(() => s.wakes).toEqual([{ kind: 'appended', channel, messages: [], next, closed: true }])
  })

  it('wakes for each of many channels that were followed in one turn', async () => {
    const s = await open()
    const names = Array.from({ length: 50 }, () => s.name())
    await Promise.all(names.map((name) => s.store.follow(name)))
    await Promise.all(names.map((name) => s.append(name, name, { create: config() })))
    await expect.poll(() => s.wakes.length).toBe(50)
    expect(new Set(s.wakes.map((wake) => 'channel' in wake && wake.channel))).toEqual(new Set(names))
  })

  it('does not wake after an unfollow that came before the follow was done', async () => {
    const s = await open()
    const [channel, other] = [await s.channel(), await s.channel()]
    const following = s.store.follow(channel)
    s.store.unfollow(channel)
    await following.catch(() => undefined)
    await s.store.follow(other)
    await s.append(channel, 'a')
    await s.append(other, 'last')
    await expect.poll(() => s.wakes.at(-1)).toMatchObject({ channel: other })
    expect(s.wakes).toHaveLength(1)
  })

  it('is followed again after it was unfollowed', async () => {
    const s = await open()
    const channel = await s.channel()
    await s.store.follow(channel)
    s.store.unfollow(channel)
    await s.store.follow(channel)
    await s.append(channel, 'a')
    await expect.poll(() => s.wakes).toMatchObject([{ kind: 'appended', channel }])
  })
}
