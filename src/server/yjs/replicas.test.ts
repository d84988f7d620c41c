/** What is taken into a document, and what is not. */
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { deleting, edits, manyClients, manyStructs, pendingDeletions, typing } from '../../../test/yjs/updates.js'
import { Replicas, type UpdateLimits } from './replicas.js'

const limits: UpdateLimits = { structs: 1_000, clients: 100, ranges: 100, depth: 10 }

function replica(...updates: readonly Uint8Array[]) {
  const replicas = new Replicas()
  replicas.add(1, updates, true)
  const doc = new Y.Doc()
  for (const update of updates) Y.applyUpdate(doc, update)
  return {
    try: (update: Uint8Array, full = false) => replicas.try(1, update, limits, full),
    part: (update: Uint8Array) => replicas.part(1, update, limits),
    contains: (update: Uint8Array) => replicas.contains(1, update, limits),
    /** That of a client that has read all. */
    doc,
    get stateVector() {
      return Y.decodeStateVector(replicas.stateVector(1))
    },
  }
}

const [first, second, third] = edits(1, typing('a'), typing('b', 1), deleting(0, 1)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
]

describe('a replica', () => {
  it('takes what builds on what it holds, once', () => {
    const held = replica()
    expect([first, second, third].map((update) => held.try(update).kind)).toEqual(['new', 'new', 'new'])
    expect([first, second, third].map((update) => held.try(update).kind)).toEqual(['nothing', 'nothing', 'nothing'])
    expect(held.stateVector).toEqual(new Map([[1, 2]]))
  })

  it('adds to an update no more than what is new in it', () => {
    const held = replica(first)
    const all = Y.mergeUpdates([first, second])
    const tried = held.try(all)
    if (tried.kind !== 'new') throw new Error(tried.kind)
    Y.applyUpdate(held.doc, tried.update)
    expect(held.doc.getText().toString()).toBe('ab')
    expect(tried.update.length).toBeLessThan(all.length)
  })

  it.each([
    ['the edit before it', second],
    ['what it deletes', third],
    ['a client whom nobody has seen', pendingDeletions(50)],
    ['what another client wrote', edits(2, (doc) => Y.applyUpdate(doc, first), typing('x', 1))[1]!],
  ])('takes nothing of what builds on what is missing: %s', (_, update) => {
    const held = replica()
    expect(held.try(update)).toEqual({ kind: 'missing', lost: false })
    expect(held.stateVector.size).toBe(0)
    expect(held.try(first).kind).toBe('new')
  })

  it('leaves out what its log holds of that kind, until it comes with its base', () => {
    const held = replica(second)
    expect(held.try(first).kind).toBe('new')
    expect(held.stateVector).toEqual(new Map([[1, 1]]))
    expect(held.try(second).kind).toBe('new')
  })

  it('takes of such an update the part that it can, where it is asked for it', () => {
    const held = replica(first)
    const other = edits(2, typing('z'))[0]!
    const pending = Y.mergeUpdates([other, edits(3, typing('1'), typing('2', 1))[1]!])
    expect(held.try(pending).kind).toBe('missing')
    expect(held.try(held.part(pending)!).kind).toBe('new')
    expect(held.stateVector).toEqual(
      new Map([
        [1, 1],
        [2, 1],
      ]),
    )
    expect(held.part(edits(4, typing('1'), typing('2', 1))[1]!)).toBe(undefined)
  })

  it('knows whether it holds all of an update', () => {
    const held = replica(first, second)
    expect([first, second, third].map((update) => held.contains(update))).toEqual([true, true, false])
  })

  it.each([
    ['structs', manyStructs(1_001)],
    ['clients', manyClients(101)],
    ['ranges', pendingDeletions(101)],
  ])('refuses an update of more %s than the limit', (what, update) => {
    expect(replica().try(update)).toEqual({
      kind: 'refused',
      why: expect.stringMatching(`more than \\d+ ${what}`),
      lost: false,
    })
  })

  it('refuses a value that is nested too deeply', () => {
    let value: unknown = 1
    for (let depth = 0; depth < 20; depth++) value = [value]
    const [update] = edits(1, (doc) => doc.getMap().set('deep', value))
    expect(replica().try(update!)).toMatchObject({ kind: 'refused', why: expect.stringContaining('nested') })
  })

  it('takes deletions alone while it is full', () => {
    const held = replica(first)
    expect(held.try(second, true).kind).toBe('full')
    const [, deletion] = edits(2, (doc) => Y.applyUpdate(doc, first), deleting(0, 1))
    expect(held.try(deletion!, true).kind).toBe('new')
  })

  it('takes of 1,500 broken updates none that a reader could not apply', () => {
    const base = edits(5, (doc) => {
      doc.getMap('a').set('b', { c: [1, null, 'x', new Uint8Array(3)] })
      doc.getArray('s').insert(0, [new Y.Map(), 1])
      doc.getText().insert(0, 'hey', { bold: true })
    })
    const good = [...edits(1_000, typing('a')), ...edits(1_001, typing('b')), Y.mergeUpdates(base)]
    let seed = 7
    const random = (n: number) => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
      return seed % n
    }
    const kinds: Record<string, number> = {}
    for (let i = 0; i < 1_500; i++) {
      const broken = new Uint8Array(good[random(good.length)]!)
      for (let k = 0; k < 1 + random(4); k++) broken[random(broken.length)] = random(256)
      const held = replica(...base)
      const tried = held.try(broken)
      kinds[tried.kind] = (kinds[tried.kind] ?? 0) + 1
      if (tried.kind !== 'new') continue
      Y.applyUpdate(held.doc, tried.update)
      expect(held.doc.store.pendingStructs ?? held.doc.store.pendingDs).toBe(null)
    }
    expect(kinds).toMatchObject({ new: expect.any(Number), refused: expect.any(Number), missing: expect.any(Number) })
  })
})
