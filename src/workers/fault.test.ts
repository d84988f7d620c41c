/** What was thrown, sent to another thread and thrown there. */
import { describe, expect, it } from 'vitest'
import { AnywireError } from '../protocol/error.js'
import { fromFault, toFault } from './fault.js'

const sent = (thrown: unknown) => fromFault(structuredClone(toFault(thrown)))

describe('what is thrown', () => {
  it.each([TypeError, RangeError, SyntaxError])('keeps its class, message and stack', (Class) => {
    const thrown = new Class('no')
    const got = sent(thrown)
    expect(got).toBeInstanceOf(Class)
    expect(got).toMatchObject({ message: 'no', stack: thrown.stack })
  })

  it('keeps the name of a class that the other side has not', () => {
    class TableError extends Error {
      override name = 'TableError'
      code = 'E_TABLE'
    }
    expect(sent(new TableError('no'))).toMatchObject({ name: 'TableError', message: 'no', code: 'E_TABLE' })
  })

  it('keeps code, details and cause of an AnywireError', () => {
    const cause = new Error('why')
    const got = sent(new AnywireError('gap', 'no', { details: { offset: 'x' }, cause }))
    expect(got).toBeInstanceOf(AnywireError)
    expect(got).toMatchObject({ code: 'gap', details: { offset: 'x' }, cause: { message: 'why' } })
  })

  it('keeps the reason of a signal', () => {
    const got = sent(AbortSignal.abort().reason)
    expect(got).toBeInstanceOf(DOMException)
    expect(got).toMatchObject({ name: 'AbortError', code: 20 })
  })

  it('keeps what is no error', () => {
    expect(sent({ n: 1 })).toEqual({ n: 1 })
  })

  it('survives a cause that causes itself', () => {
    const thrown = new Error('no')
    thrown.cause = thrown
    expect(sent(thrown)).toMatchObject({ message: 'no', cause: { message: 'no' } })
  })
})
