/** Tests of text for terminals. */
import { describe, expect, it } from 'vitest'
import { printable } from './printable.js'

describe('text for a terminal', () => {
  it.each([
    ['an escape sequence', '\u001b]0;title\u0007', '\\u001b]0;title\\u0007'],
    ['an escape sequence in one character', 'a\u009b31m', 'a\\u009b31m'],
    ['what erases', 'good\rbad\b\u007f', 'good\\u000dbad\\u0008\\u007f'],
    ['what turns text around', '\u202egnp.exe\u2066', '\\u202egnp.exe\\u2066'],
  ])('spells %s', (_, text, expected) => {
    expect(printable(text)).toBe(expected)
  })

  it('leaves words, tabs and line breaks of all languages alone', () => {
    for (const text of ['é\t日本\n😀', 'שלום', '{"a":"\\u001b"}']) expect(printable(text)).toBe(text)
  })

  it('means the same in JSON', () => {
    const json = '{"a":"\u007f\u202e"}'
    expect(JSON.parse(printable(json))).toEqual(JSON.parse(json))
  })
})
