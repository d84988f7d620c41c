/** Tests of counting connections. */
import { describe, expect, it } from 'vitest'
import { createConnectionCounter } from './connection-counter.js'

describe('counter', () => {
  it('turns away what is too many in all, and says when to come back', () => {
    const counter = createConnectionCounter({ connections: 2, connectionsPerAddress: null })
    counter.enter('a')
    counter.enter('b')
    expect(() => counter.enter('c')).toThrow(expect.objectContaining({ code: 'too-many', details: { retryMs: 5_000 } }))
    counter.leave('a')
    expect(() => counter.enter('c')).not.toThrow()
  })

  it('turns away what is too many of one address', () => {
    const counter = createConnectionCounter({ connections: null, connectionsPerAddress: 1 })
    counter.enter('a')
    expect(() => counter.enter('a')).toThrow('1 connections already')
    expect(() => counter.enter('b')).not.toThrow()
  })

  it('counts out, and forgets addresses that left', () => {
    const counter = createConnectionCounter({ connections: 10, connectionsPerAddress: 10 })
    counter.enter('a')
    counter.enter('b')
    counter.leave('a')
    expect([counter.count, counter.addresses]).toEqual([1, 1])
    counter.leave('b')
    expect([counter.count, counter.addresses]).toEqual([0, 0])
  })
})
