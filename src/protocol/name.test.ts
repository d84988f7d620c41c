/** Channel names: allowed, refused, read from a path. */
import { describe, expect, it } from 'vitest'
import { AnywireError } from './error.js'
import { checkName, isReserved, nameFromPath } from './name.js'

describe('channel name', () => {
  it.each(['a', 'chat/7', 'a b', 'é/😀', '...', 'a..b', '$stats', 'x'.repeat(512), 'é'.repeat(256)])(
    'may be %j',
    (name) => {
      expect(checkName(name)).toBe(name)
    },
  )

  it.each([
    ['', 'is empty'],
    ['/a', 'has an empty segment'],
    ['a/', 'has an empty segment'],
    ['a//b', 'has an empty segment'],
    ['.', 'has the segment "."'],
    ['a/../b', 'has the segment ".."'],
    ['a\nb', 'holds a control character'],
    ['a\0', 'holds a control character'],
    ['a\u007f', 'holds a control character'],
    ['a\u2028', 'holds a control character'],
    ['\ud800', 'is not well-formed Unicode'],
    ['x'.repeat(513), 'is longer than 512 bytes'],
    ['é'.repeat(257), 'is longer than 512 bytes'],
  ])('%j is refused with a sentence', (name, fault) => {
    expect(() => checkName(name)).toThrow(`The channel name ${JSON.stringify(name.slice(0, 80))} ${fault}.`)
  })

  it('is decoded from a path once', () => {
    expect(nameFromPath('chat/a%20b')).toBe('chat/a b')
    expect(nameFromPath('chat%2F7')).toBe('chat/7')
    expect(nameFromPath('a%252Fb')).toBe('a%2Fb')
  })

  it.each(['%', '%ff', 'a/%2E%2e/b', '%2F'])('is refused in the path %s', (path) => {
    expect(() => nameFromPath(path)).toThrow(AnywireError)
  })

  it('takes another limit', () => {
    expect(() => checkName('abc', 2)).toThrow(/is longer than 2 bytes/)
  })

  it('is reserved under $', () => {
    expect([isReserved('$stats'), isReserved('a$')]).toEqual([true, false])
  })
})
