/** Tests of conflation. */
import { describe, expect, it } from 'vitest'
import type { Message } from '../../protocol/message.js'
import { mintOffset } from '../../protocol/offset.js'
import { conflate } from './conflate.js'
import { sizeOf } from './window.js'

/** Messages named as key and number, e.g. `a1 b2 a3`; `-` has no key. */
const log = (names: string): Message[] =>
  names.split(' ').map((name, i) => ({
    offset: mintOffset(1, i + 1),
    previous: mintOffset(1, i),
    data: Buffer.from(name),
    key: name.startsWith('-') ? undefined : name[0],
  }))
const names = (messages: readonly Message[]) => messages.map(({ data }) => Buffer.from(data!).toString()).join(' ')
const one = sizeOf(log('a1')[0]!)

describe('conflate', () => {
  it.each([
    ['a1', 'a1', 0],
    ['a1 a2 a3', 'a3', 2],
    ['a1 b1 a2 c1', 'b1 a2 c1', 1],
    ['a1 b1 c1', 'a1 b1 c1', 0],
    ['-1 a1 -2 a2 -3', 'a2 -3', 3],
  ])('keeps of %s the newest of each key, in log order: %s', (all, kept, missed) => {
    const result = conflate(log(all), 1e9)
    expect([names(result.messages), result.missed]).toEqual([kept, missed])
    expect(result.to).toBe(log(all).at(-1)!.offset)
  })

  it('keeps a tombstone: it is the newest of its key', () => {
    const messages = [...log('a1'), { offset: mintOffset(1, 2), previous: mintOffset(1, 1), data: undefined, key: 'a' }]
    expect(conflate(messages, 1e9).messages).toEqual([messages[1]])
  })

  it('ends where the bytes do, after at least one message', () => {
    const first = conflate(log('a1 b1 a2 c1 d1'), 2 * one)
    expect([names(first.messages), first.to, first.missed]).toEqual(['b1 a2', mintOffset(1, 3), 1])
    expect(names(conflate(log('a1 b1'), 1).messages)).toBe('a1')
  })

  it('never leaves out the newest of a key, however it is cut', () => {
    let messages = log('a1 b1 a2 c1 b2 d1 a3 e1 c2 f1')
    const seen: string[] = []
    while (messages.length > 0) {
      const part = conflate(messages, 2 * one)
      seen.push(names(part.messages))
      messages = messages.filter(({ offset }) => offset > part.to)
    }
    expect(seen.join(' ')).toBe('b2 d1 a3 e1 c2 f1')
  })
})
