/** `useSnapshot`: the newest message of each key of a channel. */
import { useMemo, useSyncExternalStore } from 'react'
import type { MessageItem } from '../client/item.js'
import { type UseChannelOptions, useOpen } from './channel.js'
import { nothing, ReactReading, type ReadingView } from './reading.js'
import type { Data, Name } from './register.js'

export type UseSnapshotOptions<Output = unknown> = Omit<UseChannelOptions<Output>, 'from' | 'keep'>

export interface SnapshotView<Output = unknown> extends ReadingView<Output> {
  /** The newest data of each key, in the order in which the keys first came. */
  readonly values: ReadonlyMap<string, Output>
}

const empty: SnapshotView = { ...nothing, values: new Map() }

/**
 * Reads a channel whose rule has `keys`: the newest of each key, then what follows. After a loss it is read anew.
 * Otherwise as `useChannel`.
 */
export function useSnapshot<Of extends Name, Output = Data<Of>>(
  channel: Of | undefined,
  options: UseSnapshotOptions<Output> = {},
): SnapshotView<Output> {
  const open = useOpen(channel, { ...options, from: 'snapshot' })
  const reading = useMemo(() => new ReactReading({ open, empty, add, anew: true }), [open])
  return useSyncExternalStore(reading.subscribe, reading.view, reading.view) as SnapshotView<Output>
}

function add({ values }: SnapshotView, messages: readonly MessageItem[]): Partial<SnapshotView> {
  const next = new Map(values)
  for (const { key, data } of messages) {
    if (key === undefined) continue
    if (data === undefined) next.delete(key)
    else next.set(key, data)
  }
  return { values: next }
}
