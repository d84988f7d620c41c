/** JSON from outside: what is refused, with which sentence, and how fast. */
import { describe, expect, it } from 'vitest'
import type { AnywireError } from './error.js'
import { parseJson, splitJson } from './json.js'

const nest = (levels: number, open = '[', close = ']') => open.repeat(levels) + close.repeat(levels)
const four = 4 * 1_048_576

/** Code and sentence of the refusal; the value, if there was none. */
function read(source: string | Uint8Array, depth = 3, messages?: number): unknown {
  try {
    if (messages !== undefined) return splitJson(Buffer.from(source), 'The body', { depth, messages })
    return parseJson(Buffer.from(source), 'The body', { depth })
  } catch (thrown) {
    const { code, message } = thrown as AnywireError
    return `${code}: ${message}`
  }
}

/** Milliseconds of processor time. */
function cost(act: () => unknown): number {
  const before = process.cpuUsage().user
  act()
  return (process.cpuUsage().user - before) / 1_000
}

describe('JSON from outside', () => {
  it('is parsed', () => {
    expect(read('{"a":[1]}')).toEqual({ a: [1] })
    expect(read(' "é" ')).toBe('é')
  })

  it.each<[string, string | Uint8Array, string]>([
    ['what is no JSON', '{x', 'bad-request: The body is not JSON: '],
    ['nothing', '', 'bad-request: The body is not JSON: '],
    ['bytes that are no UTF-8', Uint8Array.of(0x22, 0xff, 0x22), 'bad-request: The body is not UTF-8'],
    ['a byte order mark', '\ufeff1', 'bad-request: The body begins with a byte order mark (U+FEFF)'],
    ['a byte order mark in bytes', Buffer.from('\ufeff1'), 'bad-request: The body begins with a byte order mark'],
  ])('is refused in one sentence if it is %s', (_, source, sentence) => {
    expect(read(source)).toContain(sentence)
  })

  it.each(['[', '{"a":'])('may be so deep and no deeper, of %s', (open) => {
    const level = (levels: number) => (open === '[' ? nest(levels) : `${open.repeat(levels)}1${'}'.repeat(levels)}`)
    expect(read(level(3))).toEqual(JSON.parse(level(3)))
    expect(read(level(4))).toBe('bad-request: The body is nested too deeply: use at most 3 levels.')
  })

  it('counts no bracket inside a string, however it is escaped', () => {
    for (const text of [nest(9), '\\', '"', '\\"[[[[', '[[[[\\\\', '\\\\\\"{{{{{', 'é"[[[[['])
      expect(read(JSON.stringify([text, { [text]: text }]))).toEqual([text, { [text]: text }])
    expect(read(`["\\\\",${nest(4)}]`)).toContain('too deeply')
  })

  it('where numbers have to be finite, is refused for one of 309 digits or more, wherever it stands', () => {
    const finite = (text: string) => () => parseJson(Buffer.from(text), 'The body', { depth: 3, finite: true })
    for (let at = 0; at < 700; at += 23) {
      expect(finite(`"${'x'.repeat(at)}"${' '.repeat(7)}`)).not.toThrow()
      expect(finite(`["${'x'.repeat(at)}",${'9'.repeat(309)}]`)).toThrow('beyond 1.8e308')
      expect(finite(`["${'x'.repeat(at)}",${'9'.repeat(308)}.5]`)).not.toThrow()
    }
    expect(finite('1e999')).toThrow('beyond 1.8e308')
  })

  it('looks at no digit again and again for that', () => {
    const runs = JSON.stringify(Array(5_000).fill('1'.repeat(199)))
    expect(cost(() => parseJson(Buffer.from(runs), 'The body', { depth: 3, finite: true }))).toBeLessThan(150)
  })

  it('as a list of messages gives each its own depth, and holds so many', () => {
    expect(read(`[${nest(3)},${nest(3)}]`, 3, 2)).toHaveLength(2)
    expect(read(`[${nest(4)}]`, 3, 2)).toContain('too deeply')
    expect(read(`{"a":${nest(3)}}`, 3, 2)).toContain('too deeply')
    expect(read(' [1,2,3]', 3, 2)).toContain('too-large: The body holds more than 2 messages')
    expect(read('[[1,2,3],{"a":1,"b":2,"c":3}]', 3, 2)).toHaveLength(2)
    expect(read('{"a":1,"b":2,"c":3}', 3, 2)).toHaveLength(1)
  })

  it.each([
    ['brackets', '['.repeat(four)],
    ['braces', '{"a":'.repeat(four / 5)],
    ['messages', `[${'1,'.repeat(four / 2 - 1)}1]`],
    ['backslashes', `["${'\\'.repeat(four)}"]`],
    ['escaped quotes', `["${'\\"'.repeat(four / 2)}${nest(200)}`],
  ])('costs milliseconds where four megabytes are %s', (_, text) => {
    const bytes = Buffer.from(text)
    expect(cost(() => read(bytes, 100, 1_000))).toBeLessThan(100)
  })
})
