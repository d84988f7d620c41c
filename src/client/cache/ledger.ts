/** What is kept, as one record beside it: whose it is, and how large. Decides what has to go. */

export type EntryKey = readonly [kind: 'page' | 'document', channel: string, from: string]

export interface Entry {
  readonly key: EntryKey
  /** When it was the newest, in milliseconds since 1970. */
  readonly at: number
  readonly bytes: number
  /** Records that it consists of. */
  readonly parts: number
}

export interface Ledger {
  readonly key: 'ledger'
  /** The name of the principal. */
  readonly owner: string
  /** What the application calls it. */
  readonly principal: string | undefined
  /** Those that were written last stand at the end. */
  readonly entries: readonly Entry[]
}

export interface Bounds {
  readonly maxChannels: number
  readonly maxBytes: number
}

export const same = (one: EntryKey, other: EntryKey): boolean => one.every((part, i) => part === other[i])

/** Notes that `entry` was written. Answers the entries that stay, and those that have to go: the oldest first. */
export function noted(
  entries: readonly Entry[],
  entry: Entry,
  { maxChannels, maxBytes }: Bounds,
): { readonly stay: readonly Entry[]; readonly go: readonly Entry[] } {
  const others = entries.filter(({ key }) => !same(key, entry.key))
  if (entry.bytes > maxBytes) return { stay: others, go: [entry] }
  const all = [...others, entry]
  let bytes = 0
  // The newest that fit, without a hole.
  const first = all.findLastIndex((one, i) => {
    bytes += one.bytes
    return bytes > maxBytes || all.length - i > maxChannels
  })
  return { stay: all.slice(first + 1), go: all.slice(0, first + 1) }
}
