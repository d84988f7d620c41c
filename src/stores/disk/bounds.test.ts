/** What bounds the disk store, and what becomes of what it let go of. */
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open as openLmdb } from 'lmdb'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Store } from '../../core/store.js'
import { bytes, config, everything, texts, traceparent } from '../../testing/store-subject.js'
import { backup } from './backup.js'
import { disk } from './disk.js'
import { openFolder } from './folder.js'
import type { DiskOptions } from './options.js'

const kilobyte = 'x'.repeat(1_000)

async function opened(options: Partial<DiskOptions> = {}): Promise<{ store: Store; path: string }> {
  const path = options.path ?? mkdtempSync(join(tmpdir(), 'anywire-disk-'))
  const store = await disk({ path, ...options })
  onTestFinished(async () => {
    await store.close().catch(() => undefined)
    rmSync(path, { recursive: true, force: true })
  })
  return { store, path }
}

const append = (store: Store, channel: string, text: string, key?: string) =>
  store.append(channel, [{ data: bytes(text), key }], { create: config({ maxKeys: 10 }) })

async function positionOf(store: Store, channel: string): Promise<string> {
  const result = await append(store, channel, 'x')
  return result.kind === 'appended' ? result.next : ''
}

/** How many entries the files of a folder have that is in use. */
async function entriesIn(path: string): Promise<Record<string, number>> {
  const [{ engine }, leave] = await openFolder({ path })
  engine.refresh()
  const { messages, index } = engine
  const counts = { messages: messages.getKeysCount(), index: index.getKeysCount() }
  await leave()
  return counts
}

describe('a disk store', () => {
  it('refuses one channel more than `maxChannels`, until one is deleted', async () => {
    const { store } = await opened({ maxChannels: 2 })
    for (const channel of ['a', 'b']) await append(store, channel, 'x')
    const full = { kind: 'full', why: expect.stringContaining('maxChannels') }
    expect(await append(store, 'c', 'x')).toMatchObject(full)
    expect(await store.create('c', config())).toMatchObject(full)
    expect(await store.forks!.create('c', config(), { fork: { source: 'a' } })).toMatchObject(full)
    await store.delete('a')
    expect(await append(store, 'c', 'x')).toMatchObject({ kind: 'appended' })
  })

  it('evicts an on-use channel that holds nothing for one more, and no other', async () => {
    let time = Date.UTC(2030, 0, 1)
    const { store } = await opened({ maxChannels: 2, now: () => time })
    const wakes: string[] = []
    store.watch((wake) => 'channel' in wake && wakes.push(`${wake.kind} ${wake.channel}`))
    const onUse = { create: config({ evictable: true, retain: { ageMs: 1_000 } }) }
    const held = await store.append('old', [{ data: bytes('x') }], onUse)
    await store.append('kept', [{ data: bytes('x') }], { create: config({ retain: { ageMs: 1_000 } }) })
    const full = { kind: 'full', why: expect.stringContaining('maxChannels') }
    expect(await store.append('new', [{ data: bytes('x') }], onUse)).toMatchObject(full)
    await store.follow('old')
    time += 2_000
    // The sweeper trims what is too old.
    await expect.poll(() => store.append('new', [{ data: bytes('x') }], onUse)).toMatchObject({ kind: 'appended' })
    expect(wakes).toEqual(['changed old'])
    expect(await store.position(['old', 'kept'])).toMatchObject([{ exists: false }, { exists: true }])
    // Who stood at its head goes on, also when it is written again.
    const offset = held.kind === 'appended' ? held.next : ''
    expect(await store.read('old', { kind: 'at', offset }, everything)).toMatchObject({ kind: 'page', messages: [] })
    await store.delete('new')
    await store.append('old', [{ data: bytes('y') }], onUse)
    expect(texts(await store.read('old', { kind: 'at', offset }, everything))).toEqual(['y'])
    // It holds something again.
    expect(await store.append('new', [{ data: bytes('x') }], onUse)).toMatchObject(full)
  })

  it('refuses what goes beyond `maxBytes`, until there is room', async () => {
    const { store } = await opened({ maxBytes: 20_000 })
    let kind = 'appended'
    for (let n = 0; n < 40 && kind === 'appended'; n++) ({ kind } = await append(store, n % 2 ? 'a' : 'b', kilobyte))
    expect(kind).toBe('full')
    expect(await append(store, 'new', 'x'.repeat(5_000))).toMatchObject({ why: expect.stringContaining('maxBytes') })
    await store.delete('a')
    expect(await append(store, 'b', kilobyte)).toMatchObject({ kind: 'appended' })
  })

  it('counts what it trims and replaces as free again', async () => {
    const { store } = await opened({ maxBytes: 20_000 })
    const create = config({ maxKeys: 2, retain: { messages: 2 } })
    for (let n = 0; n < 200; n++) {
      const message = { data: bytes(kilobyte), key: `${n % 5}` }
      expect(await store.append('a', [message], { create })).toMatchObject({ kind: 'appended' })
    }
  })

  it('answers reset for positions in names that it had to forget', async () => {
    const { store } = await opened({ maxTombstones: 10 })
    const held = new Map<string, string>()
    for (let n = 0; n < 250; n++) held.set(`c/${n}`, await positionOf(store, `c/${n}`))
    for (const channel of held.keys()) await store.delete(channel)
    for (const [channel, offset] of held) {
      const read = () => store.read(channel, { kind: 'at', offset }, everything)
      expect(await read()).toMatchObject({ kind: 'gap', reason: 'reset' })
      await append(store, channel, 'again')
      expect(await read()).toMatchObject({ kind: 'gap', reason: 'reset' })
    }
  })

  it('sweeps away what was deleted, little by little', async () => {
    const { store, path } = await opened()
    const message = (n: number) => ({ data: bytes(`${n}`), key: `${n % 7}` })
    const many = Array.from({ length: 3_000 }, (_, n) => message(n))
    const producer = { id: 'p', epoch: 0, seq: 0 }
    await store.append('a', many, { create: config({ maxKeys: 10 }), producer })
    await append(store, 'b', 'stays')
    await store.delete('a')
    await expect.poll(() => entriesIn(path)).toEqual({ messages: 1, index: 0 })
  })

  it('takes names and keys of any length, and tells alike ones apart', async () => {
    const { store } = await opened()
    const [one, other] = ['1', '2'].map((end) => 'é'.repeat(2_000) + end) as [string, string]
    await append(store, one, 'first', other)
    await append(store, one, 'second', one)
    await append(store, other, 'third')
    expect(texts(await store.read(one, { kind: 'snapshot' }, everything))).toEqual(['first', 'second'])
    await append(store, one, 'replaced', other)
    expect(texts(await store.read(one, { kind: 'snapshot' }, everything))).toEqual(['second', 'replaced'])
    expect(texts(await store.read(other, { kind: 'start' }, everything))).toEqual(['third'])
  })

  /** What stands in a folder that no store has open; `change` puts another one there. */
  async function formatOf(path: string, change?: number): Promise<number> {
    const root = openLmdb({ path: join(path, 'log.mdb'), maxDbs: 3 })
    const names = root.openDB<unknown, string[]>({ name: 'names' })
    const known = names.get(['s']) as { format: number }
    if (change !== undefined) await names.put(['s'], { ...known, format: change })
    await root.close()
    return known.format
  }

  it('refuses a folder of another format with a sentence', async () => {
    const { store, path } = await opened()
    await store.close()
    await formatOf(path, 99)
    const sentence = expect.stringMatching(/format 99; this release reads the formats 1 and 2/)
    await expect(disk({ path })).rejects.toMatchObject({ code: 'bad-request', message: sentence })
  })

  it('raises the format with the first message that says which span it comes from: releases before it misread it', async () => {
    const { store, path } = await opened()
    await store.append('a', [{ data: bytes('a') }], { create: config() })
    await store.close()
    expect(await formatOf(path)).toBe(1)
    const again = await disk({ path })
    await again.append('a', [{ data: bytes('b'), traceparent }])
    await again.append('a', [{ data: bytes('c') }])
    await again.close()
    expect(await formatOf(path)).toBe(2)
    const last = await disk({ path })
    onTestFinished(() => last.close())
    expect(texts(await last.read('a', { kind: 'start' }, everything))).toEqual(['a', 'b', 'c'])
  })

  it('writes nothing more where a process of a later release has begun another format', async () => {
    const { store, path } = await opened()
    await append(store, 'a', 'a')
    const [{ engine }, leave] = await openFolder({ path })
    onTestFinished(leave)
    await engine.commit(() => {
      engine.store.format = 99
    })
    const refused = { code: 'store-down', message: expect.stringContaining('format 99') }
    await expect(append(store, 'a', 'b')).rejects.toMatchObject(refused)
    expect(texts(await store.read('a', { kind: 'start' }, everything))).toEqual(['a'])
  })

  it.each([
    ['a file', () => join(import.meta.dirname, 'bounds.test.ts')],
    ['below a file', () => join(import.meta.dirname, 'bounds.test.ts', 'data')],
  ])('refuses %s as its folder with a sentence', async (_, path) => {
    await expect(disk({ path: path() })).rejects.toMatchObject({ code: 'bad-request' })
  })

  it.skipIf(process.platform === 'win32')('makes its folder, and that of a backup, for this user alone', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'anywire-disk-')), 'data')
    await opened({ path })
    await backup(path, `${path}-copy`)
    for (const made of [path, `${path}-copy`]) expect(statSync(made).mode & 0o777).toBe(0o700)
  })

  it('refuses unknown options with the nearest name', async () => {
    await expect(disk({ path: 'x', maxByte: 1 } as never)).rejects.toThrow('"maxBytes"')
  })
})

describe('a channel that has expired', () => {
  const mortal = config({ ttlSeconds: 10 })

  it.each<[string, (store: Store) => Promise<unknown>]>([
    ['an append', (store) => store.append('n', [{ data: bytes('new') }], { create: config() })],
    ['a creation', (store) => store.create('n', config())],
    ['a read', (store) => store.read('n', { kind: 'start' }, everything)],
    ['a position', (store) => store.position(['n'])],
    ['a fork of it', (store) => store.forks!.create('fork of n', config(), { fork: { source: 'n' } })],
  ])('frees its name from its forks, and wakes who follows it, once %s finds it', async (_, find) => {
    let time = Date.UTC(2030, 0, 1)
    const { store } = await opened({ now: () => time })
    const wakes: string[] = []
    store.watch((wake) => wakes.push(wake.kind))
    await store.create('n', mortal)
    await store.forks!.create('fork', config(), { fork: { source: 'n' }, named: { contentType: true, expiry: true } })
    await store.follow('n')
    time += 10_000
    await find(store)
    expect(wakes[0]).toBe('changed')
    // What is written under the name later has no forks.
    await store.append('n', [{ data: bytes('later') }], { create: config() })
    expect(await store.forks!.delete('n')).toBe('deleted')
    expect(await store.position(['n'])).toMatchObject([{ exists: false }])
  })
})

describe('a folder', () => {
  it('is one, by whatever path it is named', async () => {
    const { store, path } = await opened()
    const link = `${path}-link`
    symlinkSync(path, link)
    onTestFinished(() => rmSync(link, { force: true }))
    const other = await disk({ path: link })
    onTestFinished(() => other.close())
    await append(store, 'a', 'x')
    expect(texts(await other.read('a', { kind: 'start' }, everything))).toEqual(['x'])
  })

  it.each(['once', 'twice'])('is opened again only when it has been closed (%s)', async (times) => {
    const { store, path } = await opened()
    const order: string[] = []
    const appends = Array.from({ length: 2_000 }, () => append(store, 'a', kilobyte).then(() => order.push('written')))
    void store.close().then(() => order.push('closed'))
    if (times === 'twice') void store.close()
    const again = await disk({ path })
    order.push('opened')
    if (times === 'twice') await store.close()
    await append(again, 'a', 'x')
    await again.close()
    await Promise.all(appends)
    expect(order.indexOf('opened')).toBe(order.indexOf('closed') + 1)
    expect(order.lastIndexOf('written')).toBeLessThan(order.indexOf('closed'))
  })

  it('is given up where the process that uses it does not answer', async () => {
    const path = mkdtempSync(join(tmpdir(), 'anywire-disk-'))
    const silent = createServer().listen(join(path, 'bus.sock'))
    await once(silent, 'listening')
    onTestFinished(() => {
      silent.close()
      rmSync(path, { recursive: true, force: true })
    })
    await expect(disk({ path })).rejects.toMatchObject({
      code: 'bad-request',
      message: expect.stringContaining('answer'),
    })
  })

  it('that is refused is not asked for again', async () => {
    const path = mkdtempSync(join(tmpdir(), 'anywire-disk-'))
    let asked = 0
    const refusing = createServer((socket) => {
      asked++
      socket.end('{"refused":"No."}\n')
    }).listen(join(path, 'bus.sock'))
    await once(refusing, 'listening')
    onTestFinished(() => {
      refusing.close()
      rmSync(path, { recursive: true, force: true })
    })
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    await expect(disk({ path })).rejects.toThrow('No.')
    await vi.advanceTimersByTimeAsync(60_000)
    expect([asked, vi.getTimerCount()]).toEqual([1, 0])
  })
})

describe('a backup', () => {
  it('has its name when it is whole, and takes away what one that was killed has left', async () => {
    const { store, path } = await opened()
    await append(store, 'a', 'x')
    const to = `${path}-copy`
    mkdirSync(to)
    onTestFinished(() => rmSync(to, { recursive: true, force: true }))
    for (const file of ['log.mdb.0815.part', 'another.part']) writeFileSync(join(to, file), 'half')
    const copying = backup(path, to)
    expect(readdirSync(to)).not.toContain('log.mdb')
    await copying
    expect(readdirSync(to).filter((file) => file.endsWith('.part'))).toEqual(['another.part'])
    const copy = await disk({ path: to })
    onTestFinished(() => copy.close())
    expect(texts(await copy.read('a', { kind: 'start' }, everything))).toEqual(['x'])
  })

  it.each([
    ['of a folder without a store', () => [tmpdir(), join(tmpdir(), 'anywire-none')] as const, 'no store'],
    ['over a store', async () => [(await opened()).path, (await opened()).path] as const, 'already'],
  ])('%s is refused with a sentence', async (_, folders, words) => {
    const [from, to] = await folders()
    await expect(backup(from, to)).rejects.toThrow(words)
  })
})
