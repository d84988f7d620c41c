/** What is said to all nodes of a store reaches each of them, once, whatever else speaks there. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { AppendResult, Store } from '../../core/store.js'
import { Wheel } from '../../core/wheel.js'
import type { AnywireError } from '../../protocol/error.js'
import { disk } from '../../stores/disk/index.js'
import { memory } from '../../stores/memory/memory.js'
import { bytes, config, everything, texts } from '../../testing/store-subject.js'
import { createHub, type Hub } from '../hub.js'
import { readNodeMessage, spellNodeMessage } from './node-message.js'
import { Saying } from './saying.js'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'anywire-nodes-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

async function node(
  path: string,
  onError: (error: AnywireError) => void = () => {},
): Promise<{ hub: Hub; store: Store }> {
  const store = await disk({ path })
  const hub = createHub({ store, onError })
  onTestFinished(() => hub.close({ graceMs: 0 }))
  return { hub, store }
}

/** A reading, and whether it was ended. */
function reading(hub: Hub, channel: string): { ended: boolean } {
  const state = { ended: false }
  const read = async () => {
    for await (const _ of hub.subscribe(channel));
  }
  const end = () => {
    state.ended = true
  }
  read().then(end, end)
  return state
}

describe('hub.disconnect', () => {
  it('ends readers on every node, and counts those of its own', async () => {
    const path = folder()
    const [one, other] = [await node(path), await node(path)]
    const [here, there, elsewhere] = [reading(one.hub, 'a'), reading(other.hub, 'a'), reading(other.hub, 'b')]
    await expect.poll(() => [one.hub.stats().subscriptions, other.hub.stats().subscriptions]).toEqual([1, 2])
    expect(await one.hub.disconnect({ channel: 'a' })).toBe(1)
    // A node that has begun just now may have missed it.
    await expect.poll(async () => (await one.hub.disconnect({ channel: 'a' })) + Number(there.ended)).toBe(1)
    expect([here.ended, elsewhere.ended]).toEqual([true, false])
    expect(other.hub.stats()).toMatchObject({ subscriptions: 1, channels: expect.any(Number) })
  })

  it('says nothing where nobody shares the store', async () => {
    const store = memory()
    const hub = createHub({ store })
    onTestFinished(() => hub.close({ graceMs: 0 }))
    hub.disconnect({})
    await hub.publish('a', 1)
    expect(await store.position(['$hub'])).toMatchObject([{ exists: false }])
    expect(hub.stats()).toMatchObject({ channels: 0, subscriptions: 0 })
  })
})

describe('a node', () => {
  it('ignores a format that it does not know, and says so once', async () => {
    const path = folder()
    const errors: string[] = []
    const { hub, store } = await node(path, ({ message }) => errors.push(message))
    const state = reading(hub, 'a')
    const say = (text: string) => store.append('$hub', [{ data: bytes(text) }], { create: config() })
    await expect.poll(() => say('{"format":2,"disconnect":{}}').then(() => errors.length)).toBe(1)
    expect(errors[0]).toMatch(/format 2.*ignored/)
    await say('{"format":2,"disconnect":{}}')
    await say('{"format":1,"node":"x","disconnect":{"channel":"a"}}')
    await expect.poll(() => state.ended).toBe(true)
    expect(errors).toHaveLength(1)
  })

  it('does not hear itself', async () => {
    const path = folder()
    const { hub, store } = await node(path)
    hub.disconnect({ channel: 'a' })
    const state = reading(hub, 'a')
    const said = async () => texts(await store.read('$hub', { kind: 'start' }, everything))
    await expect.poll(said).toHaveLength(1)
    // What comes after it has been heard, so it has.
    await store.append('$hub', [{ data: bytes('{"format":1,"node":"x","disconnect":{"channel":"b"}}') }])
    const other = reading(hub, 'b')
    await expect
      .poll(async () => {
        await store.append('$hub', [{ data: bytes('{"format":1,"node":"x","disconnect":{"channel":"b"}}') }])
        return other.ended
      })
      .toBe(true)
    expect(state.ended).toBe(false)
  })
})

describe('what nodes say', () => {
  it.each([
    ['{"format":1,"node":"a","disconnect":{"principal":"p"}}', { disconnect: { principal: 'p' } }],
    ['{"format":1,"node":"a","disconnect":{}}', { disconnect: {} }],
    ['{"format":1,"node":"me","disconnect":{}}', 'own'],
    ['{"format":1,"node":"a","disconnect":{"tenant":"t"}}', { why: expect.stringContaining('does not know') }],
    ['{"format":1,"node":"a","disconnect":{"channel":""}}', { why: expect.stringContaining('does not know') }],
    ['{"format":1,"node":"a","other":1}', { why: expect.stringContaining('does not know') }],
    ['{"node":"a"}', { why: expect.stringContaining('format none') }],
    ['null', { why: expect.stringContaining('format none') }],
    ['no json', { why: expect.stringContaining('format none') }],
  ])('%s is read or refused', (text, expected) => {
    expect(readNodeMessage('me', bytes(text))).toEqual(expected)
  })

  it('is read as it was spelt', () => {
    const message = { disconnect: { principal: 'p', channel: 'c' } }
    expect(readNodeMessage('me', spellNodeMessage('other', message))).toEqual(message)
  })

  it('is said again until the store has it, in order, and only so much waits', async () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const stored: string[] = []
    let away = true
    const reports: unknown[] = []
    const saying = new Saying({
      channel: '$hub',
      append: async (data) => {
        if (away) throw new Error('away')
        stored.push(Buffer.from(data).toString())
        return { kind: 'appended' } as AppendResult
      },
      wheel: new Wheel(),
      report: (thrown) => reports.push(thrown),
    })
    onTestFinished(() => saying.close())
    for (let n = 0; n < 1_002; n++) saying.say(bytes(`${n}`))
    await vi.advanceTimersByTimeAsync(3_000)
    away = false
    await vi.advanceTimersByTimeAsync(3_000)
    expect([stored.length, stored[0], stored.at(-1)]).toEqual([1_000, '2', '1001'])
    expect(reports).toHaveLength(2)
    away = true
    saying.say(bytes('old'))
    await vi.advanceTimersByTimeAsync(601_000)
    away = false
    await vi.advanceTimersByTimeAsync(3_000)
    expect(stored).not.toContain('old')
    expect(reports).toHaveLength(3)
  })
})
