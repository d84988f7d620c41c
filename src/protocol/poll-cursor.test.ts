import { describe, expect, it } from 'vitest'
import { mintOffset } from './offset.js'
import { pollCursor } from './poll-cursor.js'

const second = 1_000_000
const at = (seconds: number) => mintOffset(seconds * second, 7)

describe('the cursor of a long poll', () => {
  it('goes with the position, whatever the reader sent before', () => {
    const sent = [undefined, '', 'x', '-5', '1e9', '4', String(99 * second), '9'.repeat(16)]
    expect(new Set(sent.map((given) => pollCursor(given, at(100))))).toEqual(new Set([100 * second]))
  })

  it('is greater than one that is as great or greater', () => {
    expect(pollCursor(String(100 * second), at(100))).toBe(100 * second + 1)
    expect(pollCursor(String(500 * second), at(100))).toBe(500 * second + 1)
  })

  it('is that of the 10 s in which a poll came back empty', () => {
    const empty = (given: number, seconds: number) => pollCursor(String(given), at(100), seconds * 1_000)
    expect(empty(100 * second, 115)).toBe(110 * second)
    expect(empty(103 * second, 119)).toBe(110 * second)
    expect(empty(110 * second, 119)).toBe(110 * second + 1)
  })

  it('is overtaken by the next message', () => {
    const silent = pollCursor(String(pollCursor(undefined, at(100), 131_000)), at(100), 146_000)
    expect(pollCursor(String(silent), at(150))).toBe(150 * second)
  })
})
