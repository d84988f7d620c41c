/** Tests of how failures are told to the application. */
import { describe, expect, it } from 'vitest'
import { thenable } from '../../test/user-functions/thenable.js'
import { AnywireError } from '../protocol/error.js'
import { createReport, type OnError } from './report.js'

describe('onError', () => {
  it('hears of each failure once, whoever reports it', () => {
    const heard: unknown[] = []
    const report = createReport((error) => heard.push(error))
    const error = report(new Error('x'))
    report(error)
    expect(heard).toEqual([error])
    expect(report(error)).toBe(error)
  })

  it('does not hear what is the fault of a client', () => {
    const heard: unknown[] = []
    createReport((error) => heard.push(error))(new AnywireError('bad-request', 'x'))
    expect(heard).toEqual([])
  })

  it.each<[string, OnError]>([
    ['throws', fail],
    ['rejects', () => Promise.reject(new Error('the log is down'))],
    ['answers a promise that throws', () => thenable(fail)],
    ['answers a getter that throws', () => Object.defineProperty({}, 'then', { get: fail })],
    ['throws what cannot be printed', () => unprintable()],
  ])('may fail without consequence: it %s', async (_, onError) => {
    expect(createReport(onError)(new Error('x'))).toMatchObject({ code: 'internal' })
    await new Promise((resolve) => setImmediate(resolve))
  })

  it('is, if none is given, a line on the standard error output, whatever the cause', () => {
    for (const cause of [1, unprintableCause()]) expect(createReport()(cause)).toMatchObject({ code: 'internal' })
  })
})

function fail(): never {
  throw new Error('the log is down')
}

function unprintableCause(): unknown {
  return new Proxy({}, { get: fail, getPrototypeOf: fail })
}

function unprintable(): never {
  throw { [Symbol.for('nodejs.util.inspect.custom')]: fail }
}
