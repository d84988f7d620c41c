/** What of the cache has to go. */
import { describe, expect, it } from 'vitest'
import { type Entry, noted } from './ledger.js'

const entry = (channel: string, bytes = 1): Entry => ({ key: ['page', channel, 'last-9'], at: 0, bytes, parts: 1 })
const names = (entries: readonly Entry[]) => entries.map(({ key }) => key[1])
const note = (before: readonly Entry[], one: Entry, bounds = { maxChannels: 3, maxBytes: 10 }) => {
  const { stay, go } = noted(before, one, bounds)
  return { stay: names(stay), go: names(go) }
}

describe('the ledger of the cache', () => {
  const three = [entry('a'), entry('b'), entry('c')]

  it('lets those go that were written longest ago, where there are too many', () => {
    expect(note(three, entry('d'))).toEqual({ stay: ['b', 'c', 'd'], go: ['a'] })
  })

  it('counts what is written again once, as the newest', () => {
    expect(note(three, entry('a'))).toEqual({ stay: ['b', 'c', 'a'], go: [] })
  })

  it('lets as many go as need room', () => {
    expect(note(three, entry('d', 9))).toEqual({ stay: ['c', 'd'], go: ['a', 'b'] })
    expect(note(three, entry('d', 10))).toEqual({ stay: ['d'], go: ['a', 'b', 'c'] })
  })

  it('keeps nothing that is too large by itself, and all the others', () => {
    expect(note(three, entry('d', 11))).toEqual({ stay: ['a', 'b', 'c'], go: ['d'] })
    expect(note(three, entry('c', 11))).toEqual({ stay: ['a', 'b'], go: ['c'] })
  })

  it('tells apart by kind, channel and beginning', () => {
    const others: Entry[] = [
      { ...entry('a'), key: ['document', 'a', 'last-9'] },
      { ...entry('a'), key: ['page', 'a', 'snapshot'] },
    ]
    expect(note(others, entry('a'))).toEqual({ stay: ['a', 'a', 'a'], go: [] })
  })
})
