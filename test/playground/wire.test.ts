/** What the drawer says of the connection: what is new of the decisions, and when a better transport is tried again. */
import { describe, expect, it } from 'vitest'
import { newIn } from '../../playground/src/shell/decisions.js'
import { nextTry } from '../../playground/src/shell/next-try.js'

describe('what is new of the decisions', () => {
  it.each([
    [[], ['a'], ['a']],
    [['a'], ['a'], []],
    [['a', 'b'], ['a', 'b', 'c'], ['c']],
    [['a', 'b', 'c'], ['b', 'c', 'd'], ['d']],
    [['a', 'a'], ['a', 'a', 'a'], ['a']],
    [['a'], ['x', 'y'], ['x', 'y']],
  ])('of %j and then %j it is %j', (before, now, fresh) => expect(newIn(before, now)).toEqual(fresh))
})

describe('the next try of a better transport', () => {
  const at = 1_000_000

  it('is the first look after the one that failed may be tried', () => {
    const learnt = { websocket: { until: at + 60_000 } }
    // It looks after 15 s, 45 s and 105 s.
    expect(nextTry('stream', at, learnt, at)).toEqual({ transport: 'websocket', inMs: 105_000 })
    expect(nextTry('stream', at, learnt, at + 48_000)).toEqual({ transport: 'websocket', inMs: 57_000 })
    expect(nextTry('poll', at, { ...learnt, stream: { until: at + 10_000 } }, at)).toEqual({
      transport: 'stream',
      inMs: 15_000,
    })
  })

  it('is none where the best is in use, and where nothing speaks against a better one', () => {
    expect(nextTry('websocket', at, { stream: { until: at } }, at)).toBeUndefined()
    expect(nextTry('stream', at, {}, at)).toBeUndefined()
  })
})
