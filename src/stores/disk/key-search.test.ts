/** Keys that are turned on for a channel that has messages: in bounded steps, and seen when all are found. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Store } from '../../core/store.js'
import { bytes, config, everything, texts } from '../../testing/store-subject.js'
import { disk } from './disk.js'
import { type DiskFolder, openFolder } from './folder.js'

const many = Array.from({ length: 4_000 }, (_, n) => `${n}`)
const keyed = config({ maxKeys: 10, retain: { messages: 1 } })

async function opened(): Promise<{ store: Store; folder: DiskFolder }> {
  const path = mkdtempSync(join(tmpdir(), 'anywire-disk-'))
  const store = await disk({ path })
  const [folder, leave] = await openFolder({ path })
  onTestFinished(async () => {
    await Promise.all([store.close(), leave()])
    rmSync(path, { recursive: true, force: true })
  })
  await store.append(
    'a',
    many.map((text, n) => ({ data: bytes(text), key: `${n % 7}` })),
    { create: config() },
  )
  return { store, folder }
}

const newest = async (store: Store) => texts(await store.read('a', { kind: 'snapshot' }, everything))

describe('keys that are turned on', () => {
  it('are looked for in commits of 500 messages, and seen when all are found', async () => {
    const { store, folder } = await opened()
    const before = folder.engine.store.commits
    let done = false
    const configured = store.configure('a', keyed).finally(() => {
      done = true
    })
    const seen = new Set<number>()
    let between = 0
    for (; !done; between++) {
      await store.append('other', [{ data: bytes('x') }], { create: config() })
      seen.add((await newest(store)).length)
    }
    expect(await configured).toBe('configured')
    expect(folder.engine.store.commits - before).toBeGreaterThan(many.length / 500)
    expect(between).toBeGreaterThan(1)
    expect([...seen].filter((length) => length !== many.length && length !== 7)).toEqual([])
    expect(await newest(store)).toEqual(many.slice(-7))
  })

  it('are those of messages that come meanwhile too, and of tombstones', async () => {
    const { store } = await opened()
    const configured = store.configure('a', keyed)
    await store.append('a', [
      { data: bytes('new'), key: '0' },
      { data: undefined, key: '1' },
    ])
    await configured
    expect(await newest(store)).toEqual([...many.slice(-7).filter((_, at) => ![4, 5].includes(at)), 'new'])
  })

  it('are found from the beginning where a process was killed that looked for them', async () => {
    const { store, folder } = await opened()
    const { id } = folder.names.look('a')!
    await folder.commit(() => {
      folder.names.find('a', Date.now())?.findKey(1, 10)
      void folder.engine.names.put(['k', id], { token: 'killed', at: Date.now() - 60_000 })
    })
    expect(await store.configure('a', keyed)).toBe('configured')
    expect(await newest(store)).toEqual(many.slice(-7))
    expect(folder.engine.get(['k', id])).toBeUndefined()
  })

  it('of a channel that is deleted meanwhile are given up', async () => {
    const { store } = await opened()
    const configured = store.configure('a', keyed)
    await store.delete('a')
    expect(await configured).toBe('missing')
  })
})
