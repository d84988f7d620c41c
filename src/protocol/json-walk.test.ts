/** Cutting JSON, against `JSON.parse`. */
import { describe, expect, it } from 'vitest'
import { fieldOf, messagesOf } from './json-walk.js'

const cut = (text: string) => messagesOf(Buffer.from(text)).map((bytes) => Buffer.from(bytes).toString())
const field = (text: string, name = 'data') => {
  const bytes = fieldOf(Buffer.from(text), name)
  return bytes && Buffer.from(bytes).toString()
}

describe('messages of a JSON body', () => {
  it.each([
    ['[]', []],
    [' [ ] ', []],
    ['[1]', ['1']],
    ['\n[ 1 ,\t"a" ,\r\n{ "b" : [ 1 , 2 ] } , [ ] ]\n', ['1', '"a"', '{ "b" : [ 1 , 2 ] }', '[ ]']],
    ['["]", ",", "\\"]", "\\\\", "a\\\\\\",b"]', ['"]"', '","', '"\\"]"', '"\\\\"', '"a\\\\\\",b"']],
    ['[[[]],[{}],null,true,-1.5e+3]', ['[[]]', '[{}]', 'null', 'true', '-1.5e+3']],
    [' {"a":[1,2]} ', ['{"a":[1,2]}']],
    [' "[1,2]" ', ['"[1,2]"']],
    ['12345678901234567890\n', ['12345678901234567890']],
  ])('cuts %j', (text, expected) => {
    expect(cut(text)).toEqual(expected)
  })

  it('shares the bytes of the body', () => {
    const bytes = Buffer.from('[1,22]')
    expect(messagesOf(bytes).every(({ buffer }) => buffer === bytes.buffer)).toBe(true)
  })

  it('cuts any array into elements that parse alike', () => {
    const random = seeded(20_261_120)
    for (let run = 0; run < 2_000; run++) {
      const parts = Array.from({ length: pick(random, 6) }, () => value(random, 4))
      const before = space(random)
      const spaced = parts.map((part) => space(random) + part + space(random))
      const text = `${before}[${spaced.join(',')}]${space(random)}`
      expect(cut(text)).toEqual(parts)
      expect(cut(text).map((part) => JSON.parse(part))).toEqual(JSON.parse(text))
    }
  })

  it('is linear in deep and in long bodies', () => {
    expect(cut(`[${'['.repeat(200_000)}${']'.repeat(200_000)}]`)).toHaveLength(1)
    expect(cut(`[${Array(200_000).fill('0').join(',')}]`)).toHaveLength(200_000)
  })
})

describe('field of a JSON object', () => {
  it.each([
    ['{"data":1}', '1'],
    [' { "id" : "x,y" , "data" : { "a" : 1e400 } , "key" : "k" } ', '{ "a" : 1e400 }'],
    ['{"a":{"data":1},"b":[{"data":2}]}', undefined],
    ['{"data":1,"data":[2]}', '[2]'],
    ['{"d\\u0061ta":3}', '3'],
    ['{"data2":1}', undefined],
    ['{}', undefined],
    ['[{"data":1}]', undefined],
  ])('finds in %s the bytes %s', (text, expected) => {
    expect(field(text)).toBe(expected)
  })
})

function value(random: () => number, depth: number): string {
  const many = Array.from(
    { length: depth > 0 ? pick(random, 4) : 0 },
    () => space(random) + value(random, depth - 1) + space(random),
  )
  switch (pick(random, depth > 0 ? 5 : 3)) {
    case 0:
      return JSON.stringify(text(random))
    case 1:
      return ['null', 'true', 'false', '0', '-1.5E-7', '12345678901234567890'][pick(random, 6)]!
    case 2:
      return String(pick(random, 1_000))
    case 3:
      return `[${many.join(',')}]`
    default:
      return `{${many.map((one) => `${JSON.stringify(text(random))}${space(random)}:${one}`).join(',')}}`
  }
}

function text(random: () => number): string {
  const characters = ['"', '\\', '[', ']', '{', '}', ',', ':', ' ', '\n', 'é', '😀', 'a', '\0']
  return Array.from({ length: pick(random, 8) }, () => characters[pick(random, characters.length)]).join('')
}

function space(random: () => number): string {
  return ['', '', ' ', '\n', '\r\n\t'][pick(random, 5)]!
}

function pick(random: () => number, below: number): number {
  return Math.floor(random() * below)
}

function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
