/** Platforms whose database or locks never answer, and ones that have none. */
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { Outbox } from './outbox.js'
import { type Owner, openOutboxStore } from './outbox-store.js'
import { freshName } from './tabs/line.js'

const owner: Owner = { name: Promise.resolve('ann'), soon: Promise.resolve(true), guess: undefined }

/** The platform has this in place of its own. */
function install(name: string, value: unknown): void {
  vi.stubGlobal(name, value)
  onTestFinished(() => void vi.unstubAllGlobals())
}

/** An outbox that says what it sends. */
function publishing() {
  const sent: unknown[] = []
  const outbox: Outbox = new Outbox({
    open: () => openOutboxStore('test', owner),
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
  ])('over %s', { timeout: 10_000 }, async (_, indexedDB) => {
    install('indexedDB', indexedDB)
    install('navigator', { locks })
    const { sent } = publishing()
    await vi.waitFor(() => expect(sent).toEqual([1]), { timeout: 4_000 })
  })

  it('where Web Locks never answer', { timeout: 10_000 }, async () => {
    install('indexedDB', database(100))
    install('navigator', { locks: { request: () => new Promise(() => {}) } })
    const { sent } = publishing()
    await vi.waitFor(() => expect(sent).toEqual([1]), { timeout: 4_000 })
  })

  it('where the database stops answering later', { timeout: 20_000 }, async () => {
    install('indexedDB', database(4))
    install('navigator', { locks })
    const { outbox, sent } = publishing()
    outbox.publish({ channel: 'a', data: 2 }).catch(() => {})
    await vi.waitFor(() => expect(sent).toEqual([1, 2]), { timeout: 4_000 })
    for (const id of [1, 2]) outbox.published({ type: 'published', id, offset: 'there' })
    await vi.waitFor(() => expect(outbox.size).toBe(0), { timeout: 6_000 })
  })
})

describe('a fresh name', () => {
  it('is had without `crypto`, as in React Native', () => {
    install('crypto', undefined)
    expect(new Set(Array.from({ length: 1_000 }, freshName)).size).toBe(1_000)
  })
})
