/** Tests of the reads behind the window. */
import { describe, expect, it } from 'vitest'
import { UnreliableStore } from '../../../test/support/core/unreliable-store.js'
import { GuardedStore } from '../../stores/guarded.js'
import { memory } from '../../stores/memory/memory.js'
import { Reads } from './reads.js'

const limit = { messages: 10, bytes: 1_000 }
const start = { kind: 'start' } as const

/** Reads on a store that answers nothing before it is told to. */
function slowly(atOnce: number) {
  const store = new UnreliableStore(memory())
  store.holdReads()
  return { store, reads: new Reads(store, atOnce, 10_000) }
}

describe('reads', () => {
  it('run at most so many at once, the others in turn', async () => {
    const { store, reads } = slowly(8)
    const pages = Array.from({ length: 30 }, (_, i) => reads.shared(`c${i}`, start, limit))
    expect([store.reading, store.reads]).toEqual([8, 8])
    store.releaseReads()
    await Promise.all(pages)
    expect([store.mostReading, store.reads]).toEqual([8, 30])
  })

  it('are one for all who want the same page', async () => {
    const { store, reads } = slowly(8)
    const pages = Array.from({ length: 200 }, () => reads.shared('c', { kind: 'at', offset: 'x' }, limit))
    expect(reads.pending).toBe(1)
    store.releaseReads()
    await Promise.all(pages)
    expect([store.reads, reads.pending]).toEqual([1, 0])
  })

  it('are not shared where another position, channel or limit is meant, nor after they are done', async () => {
    const { store, reads } = slowly(100)
    store.releaseReads()
    await Promise.all([
      reads.shared('c', { kind: 'at', offset: 'x' }, limit),
      reads.shared('c', { kind: 'at', offset: 'y' }, limit),
      reads.shared('d', { kind: 'at', offset: 'x' }, limit),
      reads.shared('c', { kind: 'at', offset: 'x' }, { ...limit, bytes: 2_000 }),
      reads.shared('c', { kind: 'last', count: 1 }, limit),
      reads.shared('c', { kind: 'last', count: 2 }, limit),
    ])
    await reads.shared('c', { kind: 'at', offset: 'x' }, limit)
    expect(store.reads).toBe(7)
  })

  it('begin now where a reader needs what was acknowledged before', async () => {
    const { store, reads } = slowly(8)
    const pages = [reads.fresh('c', start, limit), reads.fresh('c', start, limit)]
    expect(store.reads).toBe(2)
    store.releaseReads()
    await Promise.all(pages)
  })

  it('go on after one has failed', async () => {
    const { store, reads } = slowly(1)
    store.failReads(new Error('down'))
    const failed = reads.fresh('c', start, limit)
    const next = reads.fresh('d', start, limit)
    store.releaseReads()
    await expect(failed).rejects.toThrow('down')
    expect((await next).kind).toBe('page')
  })
})

describe('reads that hang', () => {
  it('hold up others for a time, and then no longer', async () => {
    const store = new UnreliableStore(memory())
    const guarded = new GuardedStore(store, { storeMs: 100, onError: () => undefined })
    const reads = new Reads(guarded, 8, 1_000)
    store.holdReads()
    const hanging = Array.from({ length: 8 }, (_, i) => reads.fresh(`c${i}`, start, limit))
    const next = reads.fresh('next', start, limit)
    const settled = await Promise.allSettled(hanging)
    expect(settled.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 'rejected'))
    store.releaseReads()
    expect(await next).toMatchObject({ kind: 'page' })
  })

  it('let nobody wait for a turn longer than the limit, and keep no place for who has gone', async () => {
    const store = new UnreliableStore(memory())
    const reads = new Reads(store, 1, 50)
    store.holdReads()
    const first = reads.fresh('c', start, limit)
    await expect(reads.fresh('c', start, limit)).rejects.toMatchObject({ code: 'store-down' })
    store.releaseReads()
    await first
    expect(await reads.fresh('c', start, limit)).toMatchObject({ kind: 'page' })
    expect(await reads.fresh('c', start, limit)).toMatchObject({ kind: 'page' })
  })
})
