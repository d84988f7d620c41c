/** Tests of counting connections. */
import { describe, expect, it } from 'vitest'
import { createCensus } from './census.js'

describe('census', () => {
  it('turns away what is too many in all, and says when to come back', () => {
    const census = createCensus({ connections: 2, connectionsPerAddress: null })
    census.enter('a')
    census.enter('b')
    expect(() => census.enter('c')).toThrow(expect.objectContaining({ code: 'too-many', details: { retryMs: 5_000 } }))
    census.leave('a')
    expect(() => census.enter('c')).not.toThrow()
  })

  it('turns away what is too many of one address', () => {
    const census = createCensus({ connections: null, connectionsPerAddress: 1 })
    census.enter('a')
    expect(() => census.enter('a')).toThrow('1 connections already')
    expect(() => census.enter('b')).not.toThrow()
  })

  it('counts out, and forgets addresses that left', () => {
    const census = createCensus({ connections: 10, connectionsPerAddress: 10 })
    census.enter('a')
    census.enter('b')
    census.leave('a')
    expect([census.count, census.addresses]).toEqual([1, 1])
    census.leave('b')
    expect([census.count, census.addresses]).toEqual([0, 0])
  })
})
