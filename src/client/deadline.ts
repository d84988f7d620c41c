/** Deadlines for what a platform may never answer, such as IndexedDB and Web Locks. */
import { AnywireError } from '../protocol/error.js'

/** @throws AnywireError `timeout` if `work` is not settled after `ms` milliseconds; what it does later has no effect here. */
export function within<T>(ms: number, work: PromiseLike<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new AnywireError('timeout', `No answer within ${ms} ms.`)), ms)
    const settled = () => clearTimeout(timer)
    work.then(resolve, reject)
    work.then(settled, settled)
  })
}
