/** A store that cannot be reached while it is `down`: everything that asks it rejects. */
import type { Store } from '../../../src/index.js'

export interface FailingStore {
  readonly store: Store
  down: boolean
}

const asking: ReadonlySet<string | symbol> = new Set(['read', 'snapshot', 'position', 'follow', 'create', 'delete'])

export function failing(store: Store): FailingStore {
  const failing = {
    down: false,
    store: new Proxy(store, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        if (failing.down && asking.has(name)) return () => Promise.reject(new Error('The store is away.'))
        if (failing.down && name === 'append') return async () => ({ kind: 'unknown', cause: new Error('Away.') })
        return member.bind(target)
      },
    }),
  }
  return failing
}
