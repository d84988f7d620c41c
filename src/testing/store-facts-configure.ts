/** Facts about `configure`: channels that exist follow a changed policy. */
import { expect, it } from 'vitest'
import type { Policy, Retention, StoreCapabilities } from '../core/store.js'
import { bytes, config, gapOf, type Open, texts } from './store-subject.js'

export function configureFacts(open: Open, { retains, keys }: StoreCapabilities): void {
  it('answers missing for an unknown channel, and does not create it', async () => {
    const s = await open()
    const name = s.name()
    expect(await s.store.configure(name, policy({ messages: 2 }))).toBe('missing')
    expect(await s.info(name)).toMatchObject({ exists: false })
  })

  it('tells by which policy a channel is kept', async () => {
    const s = await open()
    const channel = await s.channel({ retain: { messages: 5 } })
    const kept = async () => (await s.existingInfo(channel)).policy
    expect(await kept()).toMatchObject({ retain: policy({ messages: 5 }).retain })
    expect(await s.store.configure(channel, policy({ messages: 7 }))).toBe('configured')
    expect(await kept()).toMatchObject({ retain: policy({ messages: 7 }).retain })
  })
  if (retains.messages) retentionFacts(open)
  if (retains.messages && keys) keyFacts(open)
}

function retentionFacts(open: Open): void {
  it('keeps fewer messages from then on, and announces what was trimmed', async () => {
    const s = await open()
    const channel = await s.channel({}, 'a', 'b', 'c')
    const birth = (await s.existingInfo(channel)).earliest
    await s.store.configure(channel, policy({ messages: 2 }))
    await s.append(channel, 'd')
    expect(await s.texts(channel)).toEqual(['c', 'd'])
    expect(gapOf(await s.read(channel, birth))).toMatchObject({ reason: 'trimmed' })
  })

  it('keeps more messages from then on', async () => {
    const s = await open()
    const channel = await s.channel({ retain: { messages: 1 } }, 'a', 'b')
    await s.store.configure(channel, policy({ messages: 3 }))
    for (const content of ['c', 'd', 'e']) await s.append(channel, content)
    expect(await s.texts(channel)).toEqual(['c', 'd', 'e'])
  })

  it('leaves type, expiry, closed state and producers as they are', async () => {
    const s = await open()
    const channel = await s.channel({ contentType: 'image/png' })
    const producer = { id: 'p', epoch: 0, seq: 0 }
    await s.append(channel, 'a', { producer, close: true })
    await s.store.configure(channel, policy({ messages: 9 }))
    expect(await s.append(channel, 'a', { producer })).toMatchObject({ kind: 'duplicate', closed: true })
    expect(await s.info(channel)).toMatchObject({ contentType: 'image/png', closed: true })
  })
}

function keyFacts(open: Open): void {
  it('keeps the newest message of each key beyond retention from then on', async () => {
    const s = await open()
    const channel = await s.channel({ retain: { messages: 1 } })
    await s.store.configure(channel, { ...policy({ messages: 1 }), maxKeys: 10 })
    for (const key of ['a', 'b', 'c']) await s.append(channel, [{ data: bytes(`${key}=1`), key }])
    expect(texts(await s.read(channel, { kind: 'snapshot' }))).toEqual(['a=1', 'b=1', 'c=1'])
  })

  it('keeps fewer keys, or none, from then on', async () => {
    const s = await open()
    const channel = await s.channel({ retain: { messages: 1 }, maxKeys: 10 })
    const put = async (key: string) => void (await s.append(channel, [{ data: bytes(`${key}=1`), key }]))
    for (const key of ['a', 'b', 'c']) await put(key)
    await s.store.configure(channel, { ...policy({ messages: 1 }), maxKeys: 2 })
    await put('d')
    expect(texts(await s.read(channel, { kind: 'snapshot' }))).toEqual(['c=1', 'd=1'])
    await s.store.configure(channel, policy({ messages: 1 }))
    await put('e')
    expect(texts(await s.read(channel, { kind: 'snapshot' }))).toEqual(['e=1'])
  })
}

function policy(retain: Partial<Retention>): Policy {
  return { retain: config({ retain }).retain, maxKeys: undefined }
}
