/** Facts about time, with a clock set by hand: clocks that go back, TTL, expiry, retention by age. */

import { expect, it } from 'vitest'
import type { StoreCapabilities } from '../core/store.js'
import { at } from '../protocol/at.js'
import { bytes, config, gapOf, type Open, pageOf } from './store-subject.js'

export function timeFacts(open: Open, { expiry, retains }: StoreCapabilities): void {
  clockFacts(open)
  if (expiry) ttlFacts(open)
  if (retains.ageMs) ageFacts(open)
}

/** For stores that keep time by themselves: the few facts that a second shows. */
export function realTimeFacts(open: Open, { expiry, retains }: StoreCapabilities): void {
  if (expiry) {
    it('deletes a channel that nobody used for its TTL, and wakes its followers', async () => {
      const s = await open()
      const channel = await s.channel({ ttlSeconds: 1 }, 'a')
      await s.store.follow(channel)
      await expect.poll(() => s.wakes, { timeout: 10_000 }).toEqual([{ kind: 'changed', channel }])
      expect(await s.info(channel)).toMatchObject({ exists: false })
    })
  }
  if (retains.ageMs) {
    it('trims messages older than the retention says', async () => {
      const s = await open()
      const channel = await s.channel({ retain: { ageMs: 500 } }, 'a')
      const birth = pageOf(await s.read(channel)).from
      await expect.poll(() => s.texts(channel), { timeout: 10_000 }).toEqual([])
      expect(gapOf(await s.read(channel, birth))).toMatchObject({ reason: 'trimmed' })
    })
  }
}

function clockFacts(open: Open): void {
  it('mints rising offsets when the clock stands or goes back', async () => {
    const s = await open()
    const channel = await s.channel({}, 'a', 'b')
    s.time -= 3_600_000
    await s.append(channel, 'c')
    const offsets = pageOf(await s.read(channel)).messages.map((message) => message.offset)
    expect([...offsets].sort()).toEqual(offsets)
    expect(new Set(offsets).size).toBe(3)
  })

  it('promise 3: tells positions from before a delete when the clock went back since', async () => {
    const s = await open()
    const channel = await s.channel({}, 'a', 'b', 'c')
    const held = pageOf(await s.read(channel)).messages.map((message) => message.offset)
    s.time -= 3_600_000
    await s.store.delete(channel)
    for (const content of ['d', 'e', 'f', 'g']) await s.append(channel, content, { create: config() })
    for (const offset of held) expect(gapOf(await s.read(channel, offset))).toMatchObject({ reason: 'reset' })
  })
}

function ttlFacts(open: Open): void {
  it('deletes a channel that nobody used for its TTL', async () => {
    const s = await open()
    const channel = await s.channel({ ttlSeconds: 10 }, 'a')
    const held = await s.head(channel)
    s.time += 9_999
    expect(await s.info(channel)).toMatchObject({ exists: true, ttlSeconds: 10 })
    s.time += 1
    expect(await s.info(channel)).toMatchObject({ exists: false })
    expect(await s.append(channel, 'x')).toEqual({ kind: 'missing' })
    expect(gapOf(await s.read(channel, held))).toMatchObject({ reason: 'reset' })
    expect(await s.store.create(channel, config())).toMatchObject({ kind: 'created' })
  })

  it('renews the TTL by appending and touching', async () => {
    const s = await open()
    const channel = await s.channel({ ttlSeconds: 10 }, 'a')
    const uses = [
      () => s.append(channel, 'b'),
      () => s.store.touch([channel]),
      () => s.append(channel, [], { close: true }),
    ]
    for (const use of uses) {
      s.time += 9_000
      await use()
    }
    s.time += 9_000
    expect(await s.info(channel)).toMatchObject({ exists: true })
  })

  it('does not renew the TTL by reading or asking for the position', async () => {
    const s = await open()
    const channel = await s.channel({ ttlSeconds: 10 }, 'a')
    s.time += 9_000
    await s.info(channel)
    await s.read(channel)
    s.time += 1_000
    expect(await s.info(channel)).toMatchObject({ exists: false })
  })

  it('deletes a channel when it expires, however much it is used', async () => {
    const s = await open()
    const channel = await s.channel({ expiresAt: s.time + 10_000 }, 'a')
    s.time += 9_999
    expect(await s.texts(channel)).toEqual(['a'])
    s.time += 1
    expect(await s.read(channel)).toMatchObject({ messages: [], info: { exists: false } })
  })

  it('wakes the followers of a channel that expires, without being asked', async () => {
    const s = await open()
    const channel = await s.channel({ ttlSeconds: 10 }, 'a')
    await s.store.follow(channel)
    s.time += 10_000
    await expect.poll(() => s.wakes, { timeout: 10_000 }).toEqual([{ kind: 'changed', channel }])
  })
}

function ageFacts(open: Open): void {
  it('trims messages older than the retention says, by when they really came', async () => {
    const s = await open()
    const channel = await s.channel({ retain: { ageMs: 10_000 } })
    // So many in one millisecond that their offsets run far ahead of the clock.
    await s.append(channel, 'first')
    for (let count = 0; count < 200; count++) await s.append(channel, 'more')
    const held = at(pageOf(await s.read(channel)).messages, 0).offset
    s.time += 6_000
    await s.append(channel, [{ data: bytes('newer') }])
    s.time += 4_000
    expect(await s.texts(channel)).toEqual(['newer'])
    expect(gapOf(await s.read(channel, held))).toMatchObject({ reason: 'trimmed' })
    s.time += 6_000
    expect(await s.read(channel)).toMatchObject({ messages: [], upToDate: true, info: { exists: true } })
  })

  it('gives a reader at the head everything new after all was trimmed', async () => {
    const s = await open()
    const channel = await s.channel({ retain: { ageMs: 1_000 } }, 'a', 'b')
    const head = await s.head(channel)
    s.time += 5_000
    expect(await s.read(channel, head)).toMatchObject({ kind: 'page', messages: [] })
    await s.append(channel, 'c')
    expect(await s.texts(channel, head)).toEqual(['c'])
  })
}
