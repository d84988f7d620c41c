/** Forks of many messages: in bounded steps, as their source was at one moment, and never half there. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Store } from '../../core/store.js'
import { bytes, config, everything, texts } from '../../testing/store-subject.js'
import { disk } from './disk.js'
import { type DiskFolder, openFolder } from './folder.js'
import type { DiskOptions } from './options.js'

const many = Array.from({ length: 4_000 }, (_, n) => `${n}`)
const fork = { fork: { source: 'source' } }

async function opened(options: Partial<DiskOptions> = {}): Promise<{ store: Store; folder: DiskFolder }> {
  const path = mkdtempSync(join(tmpdir(), 'anywire-disk-'))
  const store = await disk({ path, ...options })
  const [folder, leave] = await openFolder({ path })
  onTestFinished(async () => {
    await Promise.all([store.close(), leave()])
    rmSync(path, { recursive: true, force: true })
  })
  const messages = many.map((text, n) => ({ data: bytes(text), key: `${n % 7}` }))
  await store.append('source', messages, { create: config({ maxKeys: 10 }) })
  return { store, folder }
}

const all = async (store: Store, channel: string) => texts(await store.read(channel, { kind: 'start' }, everything))
const messagesIn = (folder: DiskFolder) => [...folder.engine.messages.getKeys({ start: [0] })].length

describe('a fork of many messages', () => {
  it('lets others commit after every 500 of them', async () => {
    const { store } = await opened()
    let answered = false
    const forked = store.forks!.create('fork', config({ maxKeys: 10 }), fork)
    const done = forked.then(() => {
      answered = true
    })
    let between = 0
    for (; !answered; between++) await store.append('other', [{ data: bytes('x') }], { create: config() })
    await done
    expect(await forked).toMatchObject({ kind: 'created' })
    expect(between).toBeGreaterThanOrEqual(many.length / 500)
    expect(await all(store, 'fork')).toEqual(many)
    expect(texts(await store.read('fork', { kind: 'snapshot' }, everything))).toEqual(many.slice(-7))
  })

  it('has what its source was when it began, however that is trimmed and grows meanwhile', async () => {
    const { store } = await opened()
    const forked = store.forks!.create('fork', config(), fork)
    await store.append('other', [{ data: bytes('x') }], { create: config() })
    const trimmed = config({ retain: { messages: 1 } })
    for (let n = 0; n < 4; n++) {
      await store.configure('source', trimmed)
      await store.append('source', [{ data: bytes('later') }])
    }
    expect(await forked).toMatchObject({ kind: 'created' })
    expect((await all(store, 'fork')).slice(0, many.length)).toEqual(many)
  })

  it.each([
    ['its source is deleted', (store: Store) => store.delete('source'), { kind: 'fork-missing' }],
    ['its name is taken', (store: Store) => store.create('fork', config()), { kind: 'conflict' }],
  ])('is given up and leaves nothing where %s meanwhile', async (_, change, expected) => {
    const { store, folder } = await opened()
    const before = folder.engine.store.weight
    const forked = store.forks!.create('fork', config(), fork)
    await store.append('other', [{ data: bytes('x') }], { create: config() })
    await change(store)
    expect(await forked).toMatchObject(expected)
    for (const channel of ['source', 'fork', 'other']) await store.delete(channel)
    expect(folder.engine.store.weight).toBe(0)
    expect(before).toBeGreaterThan(0)
    await expect.poll(() => messagesIn(folder)).toBe(0)
  })

  it('is refused where there is no room for all of it, and leaves nothing', async () => {
    const { store, folder } = await opened({ maxBytes: 500_000 })
    const { weight } = folder.engine.store
    const full = { kind: 'full', why: expect.stringContaining('maxBytes') }
    expect(await store.forks!.create('fork', config(), fork)).toMatchObject(full)
    expect(folder.engine.store.weight).toBe(weight)
    await expect.poll(() => messagesIn(folder)).toBe(many.length)
  })

  it('that its process has not finished is swept away', async () => {
    let now = Date.UTC(2030, 0, 1)
    const { folder } = await opened({ now: () => now })
    const { weight } = folder.engine.store
    await folder.commit(() => {
      const { id } = folder.names.draft('fork', config(), now, { ...folder.names.past('fork') })
      void folder.engine.messages.put([id, 1], Buffer.from('half'))
      void folder.engine.names.put(['b', id], { at: now, weight: folder.engine.store.weight - weight })
    })
    now += 61_000
    await expect.poll(() => messagesIn(folder)).toBe(many.length)
    expect(folder.engine.store.weight).toBe(weight)
  })
})
