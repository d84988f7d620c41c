/** Messages of a frame, and those that cannot be read. */
import { describe, expect, it } from 'vitest'
import { isDeeper, itemOf } from './item.js'

const offset = '1700000000000000_0000000000000001'
const nested = (levels: number) => JSON.parse(`${'{"a":['.repeat(levels / 2)}${']}'.repeat(levels / 2)}`)

describe('an item', () => {
  it.each([
    [{ data: { a: 1 } }, { a: 1 }],
    [{ data: null }, null],
    [{ base64: 'AP8=' }, Uint8Array.of(0, 255)],
    [{}, undefined],
    [{ data: nested(500) }, nested(500)],
  ])('is a message: %o', (message, data) => {
    expect(itemOf({ offset, ...message })).toMatchObject({ kind: 'message', offset, data })
  })

  it.each([
    ['nested more than 500 levels deep', { data: nested(502) }],
    ['cannot be handed over', { base64: 'é' }],
  ])('is a problem that says why: %s', (sentence, message) => {
    const error = { code: 'rejected', message: expect.stringContaining(sentence) }
    expect(itemOf({ offset, key: 'k', ...message })).toMatchObject({ kind: 'problem', offset, key: 'k', error })
  })
})

describe('depth', () => {
  it('is measured however deep the data are', () => {
    expect(isDeeper(nested(100_000))).toBe(true)
    expect(isDeeper([[[1]], { a: [] }], 3)).toBe(false)
    expect(isDeeper([[[1]], { a: [] }], 2)).toBe(true)
  })
})
