/** Web Locks as signs of life: who lives holds one, who wants to know of the end asks for it. */

/** Takes a lock until `released`. Resolves when it is held. @throws where there are no Web Locks, or none for this origin */
export function hold(name: string, released: Promise<void> = new Promise(() => {})): Promise<void> {
  return new Promise((resolve, reject) => {
    const held = () => {
      resolve()
      return released
    }
    navigator.locks.request(name, held).catch(reject)
  })
}

/** Calls `gone` when the holder of the lock has released it, or is no more. */
export function whenGone(name: string, gone: () => void, signal?: AbortSignal): void {
  navigator.locks?.request(name, signal ? { signal } : {}, gone).catch(() => {})
}
