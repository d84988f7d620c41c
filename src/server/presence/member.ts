/** A member of a roster, as its message spells it. */
import type { Message } from '../../protocol/message.js'

/** How many connections a member has on each node. */
export type Nodes = Readonly<Record<string, number>>

/** Who is present in a channel, and how: the value under the member's key. */
export interface Member {
  /** The key, for readers whose form tells no keys (plain SSE). */
  readonly member: string
  /** What the member says of itself: JSON of at most 1 KiB. */
  readonly state: unknown
  /** Connections that read the channel, also those that were cut off a moment ago. */
  readonly connections: number
  /** When it came, in milliseconds since 1970 by the store's clock. */
  readonly since: number
  /** When its state was set, as `since`. Absent: none was. Of two states, the later one counts, on whichever node. */
  readonly at?: number | undefined
  /** Where it was when this was written: of who has gone to another node since, `Moves` knows. */
  readonly nodes: Nodes
}

/** How many there are. */
export interface Totals {
  readonly members: number
  readonly connections: number
}

/** What stands in a roster that tells only how many there are, under the key `$count`. */
export interface Count {
  readonly mode: 'count'
  /** Who is on two nodes counts twice. */
  readonly members: number
  readonly connections: number
  /** Members and connections of each node. */
  readonly nodes: Readonly<Record<string, readonly [members: number, connections: number]>>
  /** Keys of some of the members. Absent where names are not told. */
  readonly sample?: readonly string[] | undefined
}

export const countKey = '$count'

/** The value of a message; undefined for a tombstone, and for what no roster holds. */
export function readValue({ data }: Message): unknown {
  if (data === undefined) return undefined
  try {
    return JSON.parse(Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString())
  } catch {
    return undefined
  }
}

export function isMember(value: unknown): value is Member {
  return typeof value === 'object' && value !== null && typeof (value as Partial<Member>).nodes === 'object'
}

export function isCount(value: unknown): value is Count {
  return isMember(value) && (value as { mode?: unknown }).mode === 'count'
}
