/** Tests of the window. */
import { describe, expect, it } from 'vitest'
import type { Message } from '../../protocol/message.js'
import { mintOffset } from '../../protocol/offset.js'
import { sizeOf, Window } from './window.js'

const at = (number: number) => mintOffset(1_000, number)
const message = (number: number, size = 1): Message => ({
  offset: at(number),
  previous: at(number - 1),
  data: new Uint8Array(size),
})
const range = (first: number, last: number, size?: number) =>
  Array.from({ length: last - first + 1 }, (_, i) => message(first + i, size))
const numbers = (messages: readonly Message[] | undefined) => messages?.map(({ offset }) => Number(offset.slice(17)))
const large = { bytes: 1e9 }

/** A window that holds messages 1 to `last` of a log that began with it. */
function windowOf(last: number, limits: { messages?: number; bytes?: number } = {}): Window {
  const window = new Window(at(0), { messages: 1_000, bytes: 1e9, ...limits })
  for (const one of range(1, last)) window.push([one])
  return window
}

describe('window', () => {
  it('begins and ends at the head it was made with', () => {
    const window = windowOf(0)
    expect([window.start, window.head, window.has(at(0)), window.has(at(1))]).toEqual([at(0), at(0), true, false])
    expect(window.cut(at(0), large)).toEqual([])
  })

  it('takes what follows its head', () => {
    const window = windowOf(2)
    expect(window.push(range(3, 5))).toBe(true)
    expect(window.push([])).toBe(true)
    expect([window.head, numbers(window.after(at(1)))]).toEqual([at(5), [2, 3, 4, 5]])
  })

  it.each([
    ['skips one', 4],
    ['was there already', 2],
    ['is of another log', 1],
  ])('takes nothing that does not follow: a message that %s', (_, number) => {
    const window = windowOf(2)
    expect(window.push([message(number)])).toBe(false)
    expect(window.head).toBe(at(2))
  })

  it('knows what follows its start, each message and its head; nothing else', () => {
    const window = windowOf(20, { messages: 8 })
    expect(window.start).toBe(at(12))
    const known = Array.from({ length: 23 }, (_, i) => i).filter((number) => window.has(at(number)))
    expect(known).toEqual([12, 13, 14, 15, 16, 17, 18, 19, 20])
    expect(window.has(mintOffset(999, 15))).toBe(false)
    expect(window.has('')).toBe(false)
  })

  it.each([
    ['as many as fit', 12, 3 * sizeOf(message(1)), [13, 14, 15]],
    ['one byte less, one message less', 12, 3 * sizeOf(message(1)) - 1, [13, 14]],
    ['at least one, however large', 12, 1, [13]],
    ['the rest', 18, 1e9, [19, 20]],
    ['nothing at the head', 20, 1e9, []],
  ])('cuts %s', (_, from, bytes, expected) => {
    expect(numbers(windowOf(20, { messages: 8 }).cut(at(from), { bytes }))).toEqual(expected)
  })

  it('cuts nothing for a position that it does not know', () => {
    const window = windowOf(20, { messages: 8 })
    expect(window.cut(at(11), large)).toBeUndefined()
    expect(window.after(at(21))).toBeUndefined()
  })

  it('ends a cut at an aligned number, so that readers who started apart meet', () => {
    const window = windowOf(20)
    expect(numbers(window.cut(at(2), { ...large, align: 4 }))).toEqual([3, 4])
    expect(numbers(window.cut(at(4), { ...large, align: 4 }))).toEqual([5, 6, 7, 8])
  })

  it('keeps to its number of messages', () => {
    const window = windowOf(500, { messages: 8 })
    expect(numbers(window.after(window.start))).toEqual([493, 494, 495, 496, 497, 498, 499, 500])
  })

  it('keeps to its bytes, but for the newest message', () => {
    const window = new Window(at(0), { messages: 1_000, bytes: 3 * sizeOf(message(1)) })
    for (const one of range(1, 9)) window.push([one])
    expect(numbers(window.after(window.start))).toEqual([7, 8, 9])
    window.push([message(10, 5_000)])
    expect(numbers(window.after(window.start))).toEqual([10])
    expect(window.bytes).toBe(sizeOf(message(10, 5_000)))
  })

  it('keeps the end of an append that is longer than it', () => {
    const window = windowOf(0, { messages: 8 })
    window.push(range(1, 300))
    expect(numbers(window.after(window.start))).toEqual([293, 294, 295, 296, 297, 298, 299, 300])
  })

  it('forgets everything when it begins anew', () => {
    const window = windowOf(20)
    window.reset(at(7))
    expect([window.start, window.head, window.bytes, window.has(at(20))]).toEqual([at(7), at(7), 0, false])
    expect(window.push([message(8)])).toBe(true)
  })
})
