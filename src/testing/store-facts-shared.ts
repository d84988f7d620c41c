/** Facts about stores that outlive a process, and about those that several processes use at a time. */

import { expect, it } from 'vitest'
import { at } from '../protocol/at.js'
import { bytes, config, gapOf, type Open, pageOf, text, texts } from './store-subject.js'

/** Of a store whose acknowledged messages survive the process. */
export function restartFacts(open: Open): void {
  it('promise 1: holds every acknowledged message, and positions are still good', async () => {
    const s = await open()
    const channel = await s.channel({}, 'a', 'b')
    const { messages } = pageOf(await s.read(channel))
    await s.close()
    const again = await open()
    expect(pageOf(await again.read(channel)).messages).toEqual(messages)
    expect(await again.texts(channel, at(messages, 0).offset)).toEqual(['b'])
    await again.append(channel, 'c')
    expect(await again.texts(channel, at(messages, 1).offset)).toEqual(['c'])
  })

  it('promise 4: knows producers, Stream-Seq, type and that a channel is closed', async () => {
    const s = await open()
    const channel = await s.channel({ contentType: 'image/png', retain: { messages: 5 } })
    const producer = { id: 'p', epoch: 2, seq: 0 }
    await s.append(channel, 'a', { producer, seq: '7', close: true })
    const info = await s.info(channel)
    await s.close()
    const again = await open()
    expect(await again.info(channel)).toEqual(info)
    expect(await again.append(channel, 'a', { producer })).toMatchObject({ kind: 'duplicate', closed: true })
    expect(await again.append(channel, 'b')).toMatchObject({ kind: 'closed' })
  })

  it('promise 3: answers reset to a position from before a delete', async () => {
    const s = await open()
    const channel = await s.channel({}, 'a')
    const held = await s.head(channel)
    await s.store.delete(channel)
    await s.close()
    const again = await open()
    expect(gapOf(await again.read(channel, held))).toMatchObject({ reason: 'reset' })
    await again.append(channel, 'b', { create: config() })
    expect(gapOf(await again.read(channel, held))).toMatchObject({ reason: 'reset' })
  })

  it('gives a reader at the birth of an unwritten name everything that is written then', async () => {
    const s = await open()
    const name = s.name()
    const birth = await s.head(name)
    await s.close()
    const again = await open()
    await again.append(name, 'a', { create: config() })
    expect(await again.texts(name, birth)).toEqual(['a'])
  })

  it('may be opened again while it is being closed, with appends under way', async () => {
    const s = await open()
    const channel = await s.channel()
    const { store } = s
    const appends = Promise.allSettled(Array.from({ length: 3_000 }, (_, n) => s.append(channel, `${n}`)))
    const closing = [store.close(), store.close()]
    const again = await open()
    await Promise.all([...closing, appends])
    await store.close()
    const third = await open()
    expect(await again.append(channel, 'b')).toMatchObject({ kind: 'appended' })
    expect((await third.texts(channel)).at(-1)).toBe('b')
  })
}

/** Of a store that several processes use: here two, opened on the same place. */
export function sharedFacts(open: Open): void {
  it('wakes for what another process appends, closes and deletes', async () => {
    const [one, other] = [await open(), await open()]
    const channel = await one.channel()
    await other.store.follow(channel)
    await one.append(channel, 'a')
    await one.append(channel, 'b', { close: true })
    await expect.poll(() => other.wakes.length).toBeGreaterThan(1)
    const woken = other.wakes.flatMap((wake) => (wake.kind === 'appended' ? wake.messages : []))
    expect(woken.map(text)).toEqual(['a', 'b'])
    await one.store.delete(channel)
    await expect.poll(() => other.wakes.at(-1)).toEqual({ kind: 'changed', channel })
  })

  it('has one order and one producer state for all', async () => {
    const processes = [await open(), await open()]
    const [one, other] = processes as [Awaited<ReturnType<Open>>, Awaited<ReturnType<Open>>]
    const channel = await one.channel()
    const appends = Array.from({ length: 20 }, (_, seq) =>
      processes.map((s) => s.append(channel, `${seq}`, { producer: { id: 'p', epoch: 0, seq } })),
    )
    await Promise.all(appends.flat())
    const contents = await one.texts(channel)
    expect(new Set(contents).size).toBe(contents.length)
    expect(await other.texts(channel)).toEqual(contents)
    expect(contents[0]).toBe('0')
  })

  it('creates a channel once, and knows how the other has configured it', async () => {
    const [one, other] = [await open(), await open()]
    const name = one.name()
    const made = await Promise.all([one.store.create(name, config()), other.store.create(name, config())])
    expect(made.map(({ kind }) => kind).sort()).toEqual(['created', 'exists'])
    await one.append(name, [{ data: bytes('a') }])
    expect(await other.info(name)).toEqual(await one.info(name))
    expect(texts(await other.read(name))).toEqual(['a'])
  })
}
