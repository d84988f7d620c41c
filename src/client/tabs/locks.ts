/** Web Locks as signs of life: who lives holds one, who wants to know of the end asks for it. */

import { within } from '../deadline.js'

/** A lock manager that has not answered by then is done without: some never answer. */
const answerMs = 2_000

/**
 * Takes a lock for the life of this thread, or until what is answered is called. Undefined if it is to be free and is
 * not.
 * @throws where there are no Web Locks, or none for this origin, and if they do not answer
 */
export async function hold(name: string, options: LockOptions = {}): Promise<(() => void) | undefined> {
  const granted = new Promise<(() => void) | undefined>((resolve, reject) => {
    const held = (lock: Lock | null) => (lock ? new Promise<void>(resolve) : resolve(undefined))
    navigator.locks.request(name, options, held).catch(reject)
  })
  try {
    return await within(answerMs, granted)
  } catch (thrown) {
    // Granted later, it is released at once.
    granted.then(
      (release) => release?.(),
      () => {},
    )
    throw thrown
  }
}

/** Calls `gone` when the holder of the lock has released it, or is no more. */
export function whenGone(name: string, gone: () => void, signal?: AbortSignal): void {
  navigator.locks?.request(name, signal ? { signal } : {}, gone).catch(() => {})
}
