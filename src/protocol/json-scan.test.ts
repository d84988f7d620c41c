/** Tests of judging JSON without parsing it: whatever a parser takes is taken, and nothing else. */
import { describe, expect, it } from 'vitest'
import { parseJson, splitJson } from './json.js'

const limits = { depth: 100, messages: 1_000 }

function verdict(check: () => unknown): unknown {
  try {
    check()
    return 'taken'
  } catch (thrown) {
    return (thrown as { code?: string }).code
  }
}
/** What the scan says of a list of messages, and what a parser says. */
const both = (text: string | Uint8Array) => {
  const bytes = Buffer.from(text as string)
  const depth = /^[ \t\r\n]*\[/.test(bytes.toString()) ? limits.depth + 1 : limits.depth
  return [verdict(() => splitJson(bytes, 'The body', limits)), verdict(() => parseJson(bytes, 'The body', { depth }))]
}

const long = (text: string) => `{"long":"${'x'.repeat(300)}","of":${text}}`

const good = [
  ...['0', '-0', '1.5', '-1e9', '1E+2', '0.0e-0', '""', '"a\\u00e9\\n\\"\\/"', 'true', 'false', 'null', '[]', '{}'],
  ...['[1,2]', '{"a":1}', '{"a":{"b":[{}]}}', '[[],[[]],{}]', ' [ 1 , { "a" : null } ] \n', '"é€𝄞"', '{"":""}'],
]
const bad = [
  ...['', ' ', '-', '01', '1.', '.5', '1e', '1e+', '+1', '0x1', 'NaN', 'tru', 'True', 'nullx', '"', '"\\', '"\\x"'],
  ...[
    '"\\u12g4"',
    '"\n"',
    '"\t"',
    '[',
    ']',
    '[1',
    '[1,',
    '[1,]',
    '[,1]',
    '[1 2]',
    '{',
    '}',
    '{"a"',
    '{"a":',
    '{"a":1',
    '{a:1}',
  ],
  ...[
    '{"a":1,}',
    '{,}',
    '{1:1}',
    '[}',
    '{]',
    '[1}',
    '{"a":1]',
    '1 1',
    '[] []',
    '{"a" 1}',
    "'a'",
    '//',
    '\u00a01',
    '\ufeff1',
  ],
]

describe('JSON that is judged without being parsed', () => {
  it.each(good)('is taken: %s', (text) => {
    expect(both(text)).toEqual(['taken', 'taken'])
    expect(both(long(text))).toEqual(['taken', 'taken'])
  })

  it.each(bad)('is refused: %s', (text) => {
    expect(both(text)).toEqual(['bad-request', 'bad-request'])
    expect(both(long(text))).toEqual(['bad-request', 'bad-request'])
  })

  it('is judged as a parser judges it, whatever is broken in it', () => {
    const seeds = [...good, '[{"a":[1,2.5e-3,"x\\u0041"],"b":{"c":null}},true]']
    const pieces = [...'{}[]:,"\\0123456789.eE+-tfnu \n', 'true', '"a"', '\\u00', '\x00', '\x1f']
    let seed = 1
    const random = (most: number) => {
      seed = (seed * 16_807) % 2_147_483_647
      return seed % most
    }
    let taken = 0
    for (let i = 0; i < 20_000; i++) {
      let text = seeds[random(seeds.length)]!
      for (let change = random(4); change >= 0; change--) {
        const at = random(text.length + 1)
        text = text.slice(0, at) + pieces[random(pieces.length)]! + text.slice(at + random(3))
      }
      const wrapped = i % 2 === 0 ? text : long(text)
      const [ours, theirs] = both(wrapped)
      if (ours !== theirs) throw new Error(`${JSON.stringify(wrapped.slice(-80))}: ${ours}, but ${theirs}`)
      if (ours === 'taken') taken++
    }
    expect(taken).toBeGreaterThan(1_000)
  })

  it('is as deep and holds as many messages as it may, and no more', () => {
    const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
    expect(both(`{"a":${nested(99)}}`)).toEqual(['taken', 'taken'])
    expect(both(`{"a":${nested(100)}}`)).toEqual(['bad-request', 'bad-request'])
    expect(both(nested(101))).toEqual(['taken', 'taken'])
    expect(both(nested(102))).toEqual(['bad-request', 'bad-request'])
    expect(both(`[${Array(1_000).fill('{"a":[1,2]}')}]`)).toEqual(['taken', 'taken'])
    expect(both(`[${Array(1_001).fill(1)}]`)).toEqual(['too-large', 'taken'])
  })

  it.each<[string, string[]]>([
    [' [ 1 , "a,]" ,{"b":[2, 3]} ] ', ['1', '"a,]"', '{"b":[2, 3]}']],
    ['[[1,2],[]]', ['[1,2]', '[]']],
    ['[ ]', []],
    [' {"a":[1,2]}\n', ['{"a":[1,2]}']],
    ['1.0', ['1.0']],
  ])('is cut into its messages, as the bytes that came: %s', (text, messages) => {
    expect(splitJson(Buffer.from(text), 'The body', limits).map(String)).toEqual(messages)
    expect(splitJson(Buffer.from(text), 'The body', { depth: 100 }).map(String)).toEqual([text.trim()])
  })

  it.each<[string, number]>([
    ['{x', 1],
    ['[1,]', 3],
    ['{"a":"\n"}', 5],
    ['1 1', 2],
    ['["x', 1],
    ['', 0],
  ])('is refused in one sentence, whoever reads it: %j', (text, at) => {
    const sentence = `The body is not JSON: it goes wrong at byte ${at}.`
    expect(() => splitJson(Buffer.from(text), 'The body', limits)).toThrow(sentence)
    expect(() => parseJson(Buffer.from(text), 'The body', limits)).toThrow(sentence)
  })

  it('is refused with advice where cmd.exe has left the quotes of another shell', () => {
    const sentence = 'The body is not JSON: it begins with a single quote; in cmd.exe use double quotes.'
    expect(() => splitJson(Buffer.from("'{}'"), 'The body', limits)).toThrow(sentence)
    expect(() => parseJson(Buffer.from("'{}'"), 'The body', limits)).toThrow(sentence)
  })

  it('is UTF-8', () => {
    for (const broken of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0x80]]) {
      const text = Buffer.concat([Buffer.from('"'), Buffer.from(broken), Buffer.from('"')])
      expect(both(text)).toEqual(['bad-request', 'bad-request'])
      const more = Buffer.concat([Buffer.from(`["${'x'.repeat(20_000)}",`), text, Buffer.from(']')])
      expect(both(more)).toEqual(['bad-request', 'bad-request'])
    }
  })
})
