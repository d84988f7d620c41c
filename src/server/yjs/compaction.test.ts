/** Compaction: which updates are merged, and that nothing is lost by it. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { compacted, groupOf } from './compaction.js'
import { merged } from './replicas.js'

const replacing = (group: readonly (readonly [string, Uint8Array])[], key: string) =>
  compacted(group, merged(group.map(([, data]) => data)), key)

const updates = (...sizes: number[]) => sizes.map((size, i) => [`k${i}`, new Uint8Array(size)] as const)
const sizes = (group: readonly (readonly [string, Uint8Array])[]) => group.map(([, { length }]) => length)

describe('a group', () => {
  it('is none while there are few updates', () => {
    expect(groupOf(updates(1, 1, 1, 1), 4, 1000)).toEqual([])
  })

  it('is the smallest half, and as many more as are no larger than all before them', () => {
    expect(sizes(groupOf(updates(90, 3, 1, 6, 2, 12), 4, 1000))).toEqual([1, 2, 3, 6, 12])
  })

  it('is no larger than a message may be', () => {
    expect(sizes(groupOf(updates(4, 4, 4, 4, 4), 2, 13))).toEqual([4, 4, 4])
    expect(groupOf(updates(10, 10, 10), 2, 13)).toEqual([])
  })
})

/** The updates that three people make of one text who hear of each other now and then. */
function story(steps: readonly (readonly [number, number, number])[]): Uint8Array[] {
  const log: Uint8Array[] = []
  const people = [1, 2, 3].map((clientID) => {
    const doc = new Y.Doc()
    doc.clientID = clientID
    doc.on('update', (update: Uint8Array, origin: unknown) => origin !== 'log' && log.push(update))
    return doc
  })
  for (const [who, what, where] of steps) {
    const doc = people[who]!
    const text = doc.getText()
    if (what === 0) for (const update of log.slice()) Y.applyUpdate(doc, update, 'log')
    else if (what === 1 && text.length > 0) text.delete(where % text.length, 1 + (where % 3))
    else text.insert(where % (text.length + 1), String(where))
  }
  return log
}

function textOf(log: Iterable<Uint8Array>): string {
  const doc = new Y.Doc()
  for (const update of log) Y.applyUpdate(doc, update)
  expect(doc.store.pendingStructs).toBe(null)
  return doc.getText().toString()
}

describe('what replaces a group', () => {
  it('holds with the rest, in any order, all that there was; whatever the group', () => {
    const step = fc.tuple(fc.nat(2), fc.nat(3), fc.nat(99))
    const picks = fc.array(fc.array(fc.nat(999), { maxLength: 12 }), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), picks, fc.nat(), (steps, groups, turn) => {
        const log = story(steps)
        const kept = new Map(log.map((data, i) => [`k${i}`, data]))
        for (const [i, picked] of groups.entries()) {
          const keys = [...kept.keys()]
          if (keys.length === 0) break
          const group = [...new Set(picked.map((n) => keys[n % keys.length]!))].map(
            (key) => [key, kept.get(key)!] as const,
          )
          for (const { key, data } of replacing(group, `m${i}`)) {
            if (data) kept.set(key!, data)
            else kept.delete(key!)
          }
        }
        const rest = [...kept.values()]
        const at = rest.length === 0 ? 0 : turn % rest.length
        expect(textOf([...rest.slice(at), ...rest.slice(0, at)])).toBe(textOf(log))
      }),
      { numRuns: 300 },
    )
  })

  it('leaves out what was deleted where the group holds both', () => {
    const doc = new Y.Doc()
    const log: [string, Uint8Array][] = []
    doc.on('update', (update: Uint8Array) => log.push([`k${log.length}`, update]))
    doc.getText().insert(0, 'secret'.repeat(1000))
    doc.getText().delete(0, 6000)
    expect(replacing(log, 'm').at(-1)?.data?.length).toBeLessThan(50)
    expect(replacing(log.slice(0, 1), 'm').at(-1)?.data?.length).toBeGreaterThan(6000)
  })

  it('ends with the message that holds it', () => {
    const messages = replacing(
      updates(2, 2).map(([key]) => [key, Uint8Array.of(0, 0)] as const),
      'm',
    )
    expect(messages.map(({ key, data }) => [key, data !== undefined])).toEqual([
      ['k0', false],
      ['k1', false],
      ['m', true],
    ])
  })
})
