/** Platforms whose database or locks never answer, and ones that have none. */
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { openKeptStore } from './kept-store.js'
import { Outbox } from './outbox.js'
import type { OutboxOwner } from './outbox-store.js'
import { freshName } from './tabs/line.js'

const owner: OutboxOwner = { name: Promise.resolve('ann'), inTime: Promise.resolve(true), guess: undefined }

/** The platform has this in place of its own. */
function install(name: string, value: unknown): void {
  vi.stubGlobal(name, value)
  onTestFinished(() => void vi.unstubAllGlobals())
}

/** An outbox that says what it sends. */
function publishing() {
  const sent: unknown[] = []
  const outbox: Outbox = new Outbox({
    kept: { database: 'test', owner },
    send: (requests) => sent.push(...requests.map(({ data }) => data)),
  })
  outbox.publish({ channel: 'a', data: 1 }).catch(() => {})
  return { outbox, sent }
}

/** A database that opens, and answers only the first transactions. */
function database(answered: number) {
  let transactions = 0
  const later = (result: unknown, answers: boolean) => {
    const request = { result, onsuccess() {}, oncomplete() {} }
    if (answers) setTimeout(() => request.onsuccess())
    if (answers) setTimeout(() => request.oncomplete())
    return request
  }
  const transaction = () => {
    const answers = transactions++ < answered
    const made = later(undefined, answers)
    const store = { transaction: made, getAll: () => later([], answers), put() {}, delete() {} }
    return Object.assign(made, { objectStore: () => store })
  }
  return { open: () => later({ transaction, close() {} }, true) }
}

const locks = { request: async (_: string, __: unknown, held: (lock: unknown) => unknown) => held({}) }

describe('an outbox publishes within seconds', () => {
  it.each([
    ['a database that never opens', { open: () => ({}) }],
    ['a database that opens and answers nothing', database(0)],
    [
      'a database that throws',
      {
        open: () => {
          throw new Error('Forbidden.')
        },
      },
    ],
    ['no database', undefined],
  ])('over %s', async (_, indexedDB) => {
    install('indexedDB', indexedDB)
    install('navigator', { locks })
    const { sent } = publishing()
    await vi.waitFor(() => expect(sent).toEqual([1]), { timeout: 10_000 })
  })

  it('where Web Locks never answer', async () => {
    install('indexedDB', database(100))
    install('navigator', { locks: { request: () => new Promise(() => {}) } })
    const { sent } = publishing()
    await vi.waitFor(() => expect(sent).toEqual([1]), { timeout: 10_000 })
  })

  it('where the database stops answering later', async () => {
    install('indexedDB', database(4))
    install('navigator', { locks })
    const { outbox, sent } = publishing()
    outbox.publish({ channel: 'a', data: 2 }).catch(() => {})
    await vi.waitFor(() => expect(sent).toEqual([1, 2]), { timeout: 10_000 })
    for (const id of [1, 2]) outbox.answered({ type: 'published', id, offset: 'there' })
    await vi.waitFor(() => expect(outbox.size).toBe(0), { timeout: 10_000 })
  })
})

/** A database that keeps what is written, for all who open it. */
function keeping() {
  const kept = new Map<string, unknown>()
  const done = (result?: unknown) => {
    const request = { result, onsuccess() {}, oncomplete() {} }
    setTimeout(() => request.onsuccess())
    setTimeout(() => request.oncomplete())
    return request
  }
  const transaction = () => {
    const made = done()
    const store = {
      transaction: made,
      getAll: () => done([...kept.values()]),
      put: (one: { readonly key: unknown }) => kept.set(String(one.key), structuredClone(one)),
      delete: (key: unknown) => kept.delete(String(key)),
    }
    return Object.assign(made, { objectStore: () => store })
  }
  return { open: () => done({ transaction, close() {} }) }
}

/** Locks that are held until their holders let go. */
function exclusive() {
  const taken = new Set<string>()
  return {
    async request(name: string, _: unknown, held: (lock: unknown) => unknown) {
      if (taken.has(name)) return held(null)
      taken.add(name)
      await held({})
      taken.delete(name)
    },
  }
}

describe('what a page has left', () => {
  it('is handed to its owner, and to nobody else', async () => {
    install('indexedDB', keeping())
    install('navigator', { locks: exclusive() })
    const open = (name: string) => openKeptStore({ database: 'test', owner: { ...owner, name: Promise.resolve(name) } })
    const draft = { channel: 'a', data: 'by ann' }
    const ann = await open('ann')
    expect(await ann.put([{ key: ann.key(), draft, epoch: 1, seq: 0 }])).toBe(true)
    ann.close()
    const bob = await open('bob')
    expect(await bob.left).toEqual([])
    bob.close()
    const next = await open('ann')
    expect(await next.left).toMatchObject([{ draft }])
    next.close()
  })
})

describe('a fresh name', () => {
  it('is had without `crypto`, as in React Native', () => {
    install('crypto', undefined)
    expect(new Set(Array.from({ length: 1_000 }, freshName)).size).toBe(1_000)
  })
})
