/** Tests of the list that is linked through its entries. */
import { describe, expect, it } from 'vitest'
import { Chain, type Linked } from './chain.js'

class Entry implements Linked<Entry> {
  older: Entry | undefined
  newer: Entry | undefined
}

function filled(count: number) {
  const chain = new Chain<Entry>()
  const entries = Array.from({ length: count }, () => new Entry())
  for (const entry of entries) chain.add(entry)
  return { chain, entries }
}

function inOrder(chain: Chain<Entry>): Entry[] {
  const found: Entry[] = []
  for (let entry = chain.oldest; entry; entry = entry.newer) found.push(entry)
  return found
}

describe('a chain', () => {
  it('holds what was added, the oldest first', () => {
    const { chain, entries } = filled(3)
    expect(inOrder(chain)).toEqual(entries)
    expect(chain.size).toBe(3)
  })

  it.each([0, 1, 2])('lets go of the entry at place %i', (place) => {
    const { chain, entries } = filled(3)
    chain.remove(entries[place]!)
    expect(inOrder(chain)).toEqual(entries.toSpliced(place, 1))
    expect(chain.size).toBe(2)
    expect(chain.has(entries[place]!)).toBe(false)
  })

  it.each([0, 1, 2])('puts the entry at place %i last when it is added again', (place) => {
    const { chain, entries } = filled(3)
    chain.add(entries[place]!)
    expect(inOrder(chain)).toEqual([...entries.toSpliced(place, 1), entries[place]])
    expect(chain.size).toBe(3)
  })

  it('is empty once its only entry has gone, and takes it again', () => {
    const { chain, entries } = filled(1)
    chain.remove(entries[0]!)
    chain.remove(entries[0]!)
    expect([chain.oldest, chain.size]).toEqual([undefined, 0])
    chain.add(entries[0]!)
    expect(inOrder(chain)).toEqual(entries)
  })
})
