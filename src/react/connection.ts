/** `useConnection`: what the connection does. */
import { useMemo, useSyncExternalStore } from 'react'
import type { Problem } from '../client/problem/problem.js'
import type { Signal } from '../client/signal.js'
import type { State, Stats } from '../client/stats.js'
import { useClient } from './provider.js'

export interface ConnectionView {
  /** `idle` where there is no client. */
  readonly state: State
  /** What was measured, new once a second at most; undefined where there is no client. */
  readonly stats: Stats | undefined
  /** Why there is no connection, for developers; see `client.problem`. */
  readonly problem: Problem | undefined
}

export function useConnection(): ConnectionView {
  const client = useClient()
  const state = useSignal(client?.state) ?? 'idle'
  const stats = useSignal(client?.stats)
  const problem = useSignal(client?.problem)
  return { state, stats, problem }
}

function useSignal<T>(signal: Signal<T> | undefined): T | undefined {
  const [subscribe, value] = useMemo(
    () => [(changed: () => void) => signal?.subscribe(changed) ?? (() => undefined), () => signal?.value] as const,
    [signal],
  )
  // On a server, and in a page until it has what the server rendered, there is nothing to tell.
  return useSyncExternalStore(subscribe, value, () => undefined)
}
