/** Tests of calls of the application's functions. */
import { describe, expect, it } from 'vitest'
import { thenable } from '../../test/user-functions/thenable.js'
import { AnywireError } from '../protocol/error.js'
import { guarded, userError } from './user-function.js'

const fail = (): never => {
  throw new Error('not today')
}
const call = (answer: () => unknown, ms = 1_000) => guarded('"it"', answer, ms)()

describe('a guarded function', () => {
  it('answers at once what is answered at once', () => {
    for (const value of [1, undefined, null, 'text', { a: 1 }]) expect(call(() => value)).toBe(value)
  })

  it('answers what a promise of any kind becomes', async () => {
    expect(await call(async () => 1)).toBe(1)
    expect(await call(() => thenable((resolve) => resolve(2)))).toBe(2)
  })

  it.each<[string, () => unknown]>([
    ['throws', fail],
    ['answers a getter of "then" that throws', () => Object.defineProperty({}, 'then', { get: fail })],
    ['answers a proxy that throws', () => new Proxy({}, { get: fail })],
  ])('that %s throws "internal"', (_, answer) => {
    expect(() => call(answer)).toThrow(expect.objectContaining({ code: 'internal' }))
  })

  it.each<[string, () => unknown]>([
    ['rejects', () => Promise.reject(new Error('no'))],
    ['rejects with nothing', () => Promise.reject()],
    ['answers a "then" that throws', () => thenable(fail)],
    ['answers a promise of itself', promiseOfItself],
    ['never answers', () => new Promise(() => undefined)],
    ['never answers, by a "then" of its own', () => thenable(() => undefined)],
  ])('that %s rejects with "internal"', async (_, answer) => {
    await expect(call(answer, 20)).rejects.toMatchObject({ code: 'internal' })
  })

  it('names the function that was late, and drops what it answers then', async () => {
    let reject!: (thrown: unknown) => void
    const late = new Promise((_, fails) => {
      reject = fails
    })
    const answer = call(() => late, 10) as Promise<unknown>
    await expect(answer).rejects.toMatchObject({
      cause: { message: expect.stringContaining('"it" did not answer within 10 ms') },
    })
    reject(new Error('later'))
    await new Promise((resolve) => setImmediate(resolve))
  })
})

describe('what an application throws', () => {
  it('stays as it is if it can be sent', () => {
    const error = new AnywireError('rejected', 'Not today.', { details: { issues: [{ message: 'no' }] } })
    expect(userError(error)).toBe(error)
  })

  it('is an error of its own each time it is a failure', () => {
    const error = new AnywireError('internal', 'Down for today.')
    expect(userError(error)).not.toBe(error)
    expect(userError(error)).toMatchObject({ code: 'internal', message: 'Down for today.', cause: error })
  })

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['a proxy that throws', new Proxy({}, { get: fail, getPrototypeOf: fail })],
    ['an unknown code', new AnywireError('strange' as never, 'x')],
    ['the name of an inherited field as its code', new AnywireError('toString' as never, 'x')],
    ['a sentence that is none', Object.assign(new AnywireError('rejected', 'x'), { message: 1n })],
    ['facts that JSON cannot spell', new AnywireError('rejected', 'x', { details: { issues: [1n] } })],
    ['a fact that no header can carry', new AnywireError('too-many', 'x', { details: { retryMs: '1\r\n' as never } })],
    ['facts that are none', Object.assign(new AnywireError('rejected', 'x'), { details: null })],
  ])('is "internal" with %s', (_, thrown) => {
    expect(userError(thrown)).toMatchObject({ code: 'internal', message: 'The server failed; its log says why.' })
    expect(userError(thrown).cause).toBe(thrown)
  })
})

function promiseOfItself(): unknown {
  const own: unknown = thenable((resolve) => resolve(own))
  return own
}
