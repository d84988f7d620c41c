/** Every way in which a function of the application fails, and the absurd things that it may answer instead. */
import { AnywireError } from '../../src/index.js'
import { thenable } from './thenable.js'

/** The deadline of the hubs under test. */
export const functionMs = 60

export type Failing = () => unknown
export type Ways = Readonly<Record<string, Failing>>

const fail = (): never => {
  throw new Error('not today')
}
const throwing = (thrown: unknown): never => {
  throw thrown
}
/** Throws whatever it is asked, even what it is. */
const hostile = () => new Proxy({}, { get: fail, has: fail, ownKeys: fail, getPrototypeOf: fail })

/** Whoever the function belongs to, and whatever it should answer: these are failures. */
export const failures: Ways = {
  'throws an error': fail,
  'throws nothing at all': () => throwing(undefined),
  'throws a proxy that throws': () => throwing(hostile()),
  'throws an error with an unknown code': () => throwing(new AnywireError('strange' as never, 'x')),
  'throws an error whose facts JSON cannot spell': () =>
    throwing(new AnywireError('rejected', 'x', { details: { issues: [1n] } })),
  'throws an error whose facts no header can carry': () =>
    throwing(new AnywireError('too-many', 'x', { details: { retryMs: '1\r\nx: y' as never } })),
  rejects: () => Promise.reject(new Error('not today')),
  'rejects with nothing at all': () => Promise.reject(),
  'rejects with a proxy that throws': () => Promise.reject(hostile()),
  'never answers': () => new Promise(() => undefined),
  'answers after the deadline': () => new Promise((resolve) => setTimeout(resolve, 2 * functionMs, true)),
  'rejects after the deadline': () => new Promise((_, reject) => setTimeout(reject, 2 * functionMs, new Error('late'))),
  'answers a promise that throws': () => thenable(fail),
  'answers a promise that rejects': () => thenable((_, reject) => reject(new Error('not today'))),
  'answers a promise that never answers': () => thenable(() => undefined),
  'answers a promise of itself': () => {
    const own: unknown = thenable((resolve) => resolve(own))
    return own
  },
  'answers a getter of "then" that throws': () => Object.defineProperty({}, 'then', { get: fail }),
  'answers a proxy that throws': hostile,
  'answers a promise of a proxy that throws': () => thenable((resolve) => resolve(hostile())),
}

/** Answers that no function should give. */
export const absurd: Ways = {
  'a BigInt': () => 1n,
  'an object with a BigInt': () => ({ id: 1n }),
  'a circle': () => {
    const own: Record<string, unknown> = {}
    own.own = own
    return own
  },
  'what spells itself by throwing': () => ({ toJSON: fail }),
  'a getter that throws': () =>
    Object.defineProperties(
      {},
      Object.fromEntries(['id', 'value', 'issues', 'x'].map((name) => [name, { enumerable: true, get: fail }])),
    ),
  'a function': () => fail,
  'a symbol': () => Symbol('s'),
  'an array that is nested beyond all measure': () => JSON.parse(`${'['.repeat(5_000)}${']'.repeat(5_000)}`),
  'a promise of a BigInt': async () => 1n,
}

/** Absurd for a schema alone. */
export const absurdChecks: Ways = {
  nothing: () => undefined,
  null: () => null,
  'an empty object': () => ({}),
  'a value that JSON cannot spell': () => ({ value: 1n }),
  'no value': () => ({ value: undefined }),
  'issues that are none': () => ({ issues: 5 }),
  'an issue that is none': () => ({ issues: [null] }),
  'an issue that cannot be said': () => ({ issues: [{ message: { toString: fail } }] }),
  'an issue at a place that is none': () => ({ issues: [{ message: 'x', path: [hostile()] }] }),
}
