/** Tests of JSON Pointers. */
import { describe, expect, it } from 'vitest'
import { compilePointer } from './pointer.js'

const value = { symbol: 'ACME', id: 7, 'a/b': 'slash', 'm~n': 'tilde', list: [{ k: 'x' }], none: null }

describe('pointer', () => {
  it.each([
    ['/symbol', 'ACME'],
    ['/id', '7'],
    ['/a~1b', 'slash'],
    ['/m~0n', 'tilde'],
    ['/list/0/k', 'x'],
    ['/none', undefined],
    ['/list', undefined],
    ['/list/00/k', undefined],
    ['/missing/deep', undefined],
    ['/constructor/name', undefined],
  ])('reads %s as %s', (pointer, expected) => {
    expect(compilePointer(pointer)(value)).toBe(expected)
  })

  it('reads the whole value with the empty pointer', () => {
    expect(compilePointer('')('key')).toBe('key')
  })

  it.each(['symbol', '/a~2', '/a~'])('refuses %s', (pointer) => {
    expect(() => compilePointer(pointer)).toThrow('not a JSON Pointer')
  })
})
