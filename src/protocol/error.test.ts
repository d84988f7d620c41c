/** The one error class. */
import { describe, expect, it } from 'vitest'
import { AnywireError, codeOfClose, codeOfStatus, meanings } from './error.js'

describe('AnywireError', () => {
  const cause = new Error('secret')
  const error = new AnywireError('gap', 'It is gone.', { cause, details: { offset: '1', reason: 'trimmed' } })

  it('knows what its code means', () => {
    expect(error.meaning).toEqual({ http: 410, close: 4410, retry: 'from-earliest' })
  })

  it('tells a client code, sentence and facts, never the cause', () => {
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      code: 'gap',
      message: 'It is gone.',
      offset: '1',
      reason: 'trimmed',
    })
    expect(error.cause).toBe(cause)
  })

  it('lets itself through its door, and hides what else comes', () => {
    expect(AnywireError.from(error)).toBe(error)
    expect(AnywireError.from(cause)).toMatchObject({ code: 'internal', cause })
    expect(AnywireError.from(cause).message).not.toContain('secret')
    expect(AnywireError.from(undefined).code).toBe('internal')
  })

  it.each(Object.entries(meanings))(
    '%s has a status of failure and a close code that a server may send',
    (_code, { http, close }) => {
      expect(http).toBeGreaterThanOrEqual(400)
      expect(close === 1000 || close === 1012 || (close >= 4400 && close < 4600)).toBe(true)
    },
  )

  it.each([
    [4401, 'unauthorized'],
    [1012, 'draining'],
    [1009, 'too-large'],
    [1000, 'unavailable'],
    [1006, 'unavailable'],
    [4999, 'unavailable'],
  ])('close code %i is %s to a client', (close, code) => expect(codeOfClose(close)).toBe(code))

  it.each([
    [401, 'unauthorized'],
    [429, 'too-many'],
    [502, 'unavailable'],
    [404, 'unavailable'],
  ])('status %i without words of ours is %s to a client', (status, code) => expect(codeOfStatus(status)).toBe(code))
})
