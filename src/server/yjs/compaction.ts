/** Compaction: many small updates of a document become one. */
import type { NewMessage } from '../../core/store.js'

type Update = readonly [key: string, data: Uint8Array]

/**
 * Which updates to merge: half of `most`, the smallest ones, and then as long as the next is no larger than all before
 * it together, so that no content is merged more often than its document doubles. Together at most `mostBytes`. Fewer
 * than two are none.
 */
export function groupOf(updates: Iterable<Update>, most: number, mostBytes: number): Update[] {
  const sorted = [...updates].sort(([, a], [, b]) => a.length - b.length)
  if (sorted.length <= most) return []
  const group: Update[] = []
  let bytes = 0
  for (const update of sorted) {
    const size = update[1].length
    if (bytes + size > mostBytes || (group.length >= most / 2 && size > bytes)) break
    group.push(update)
    bytes += size
  }
  return group.length < 2 ? [] : group
}

/**
 * What replaces a group: `data`, which is all of it merged.
 *
 * Each update is stored under a key of its own, and a new reader reads the newest message of each key
 * (`offset=snapshot`). These messages are appended in one step or not at all: a tombstone for the key of each update,
 * and then what they held together, under a fresh key. So an update is taken away only in the very step that stores its
 * content again, and by nobody who has not read it: what is appended meanwhile has another key, and stays. Two nodes
 * that compact at once store the same content twice, which Yjs takes as once, and the next compaction makes one of it.
 * A reader who is in the middle of a snapshot has either the updates or, further on, what became of them. The order of
 * a log means nothing to Yjs, so that a group need not be in one piece.
 *
 * The last one is no tombstone, so that a reader who has read the newest of each key stands at the head.
 */
export function compacted(group: readonly Update[], data: Uint8Array, key: string): NewMessage[] {
  return [...group.map(([old]) => ({ data: undefined, key: old })), { data, key }]
}
