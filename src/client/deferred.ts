/** A promise that is settled from outside. */
import type { AnywireError } from '../protocol/error.js'

export interface Deferred<T> {
  readonly promise: Promise<T>
  resolve(value: T): void
  reject(error: AnywireError): void
}

export function createDeferred<T>(): Deferred<T> {
  let settle: Omit<Deferred<T>, 'promise'>
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject }
  })
  return { promise, ...settle! }
}
