/** One store for several hubs in this process: each gets a store of its own that is woken for what the others append. */
import type { Store, Wake } from '../../../src/core/store.js'

export interface SharedStore {
  /** A node's own way to the store. Closing it leaves the store open. */
  node(): NodeStore
}

export interface NodeStore {
  readonly store: Store
  /** From now on nothing comes through, as if the node's process had been killed. */
  kill(): void
}

export function share(store: Store): SharedStore {
  const listeners = new Set<(wake: Wake) => void>()
  store.watch((wake) => {
    for (const listener of listeners) listener(wake)
  })
  return {
    node() {
      let killed = false
      const own: Partial<Record<keyof Store, unknown>> = {
        watch: (listener: (wake: Wake) => void) =>
          listeners.add((wake) => {
            if (!killed) listener(wake)
          }),
        unfollow: () => undefined,
        close: () => Promise.resolve(),
      }
      const asked = new Proxy(store, {
        get(target, name) {
          if (name in own) return own[name as keyof Store]
          const member: unknown = Reflect.get(target, name)
          if (typeof member !== 'function') return member
          return (...given: unknown[]) => (killed ? new Promise(() => undefined) : member.apply(target, given))
        },
      })
      return {
        store: asked,
        kill: () => {
          killed = true
        },
      }
    },
  }
}
