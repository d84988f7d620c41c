/** UTF-8 against the platform's own decoder. */
import { describe, expect, it } from 'vitest'
import { cutAt, incompleteTail, isUtf8 } from './utf8.js'

const hex = (text: string) => Buffer.from(text, 'hex')

describe('UTF-8', () => {
  it.each(['', '61', 'c3a9', 'f09f9880', 'efbbbf'])('takes %s for text', (bytes) => {
    expect(isUtf8(hex(bytes))).toBe(true)
  })

  it.each(['80', 'c3', 'c0af', 'eda080', 'f4908080', 'ff', 'e28261'])('takes %s for no text', (bytes) => {
    expect(isUtf8(hex(bytes))).toBe(false)
  })

  it.each([
    ['', 0],
    ['61', 0],
    ['c3', 1],
    ['c3a9', 0],
    ['61e282', 2],
    ['f09f98', 3],
    ['f09f9880', 0],
    ['f0', 1],
    ['80', 0],
    ['808080', 0],
    ['e080', 0],
    ['eda0', 0],
    ['f490', 0],
    ['ff', 0],
  ])('counts at the end of %s unfinished bytes: %i', (bytes, count) => {
    expect(incompleteTail(hex(bytes))).toBe(count)
  })

  it('counts what a streaming decoder holds back, for all ends of three bytes', () => {
    const edges = [
      0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf1, 0xf4, 0xf5,
    ]
    const wrong: string[] = []
    for (const a of edges) for (const b of edges) for (const c of edges) check(Buffer.of(a, b, c), wrong)
    expect(wrong).toEqual([])
  })

  it('cuts at a character', () => {
    expect([cutAt(Buffer.from('aé'), 3), cutAt(Buffer.from('aé'), 2), cutAt(Buffer.from('aéé'), 4)]).toEqual([3, 1, 3])
  })
})

/** What a streaming decoder gives out so far must be the text of all bytes but the tail. */
function check(bytes: Buffer, wrong: string[]): void {
  const held = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes, { stream: true })
  const kept = new TextDecoder('utf-8', { ignoreBOM: true }).decode(
    bytes.subarray(0, bytes.length - incompleteTail(bytes)),
  )
  if (held !== kept) wrong.push(bytes.toString('hex'))
}
