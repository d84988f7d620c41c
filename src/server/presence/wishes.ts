/** What a node wishes a roster to say of those who read here. */
import type { ResolvedPresence } from '../../core/rule.js'
import type { Tally, Wish } from './changes.js'
import type { Member } from './member.js'
import { exited, type Present, type Readers } from './readers.js'

/** Keys that a roster of counts names. */
const sampleSize = 20

/**
 * With `on: 'enter'` who has published a state is present, with all its connections on all nodes, until it publishes
 * `null`. What the roster says counts for connections on other nodes than the one that took the state.
 */
export function wishOf(present: Present, entry: Member | undefined, on: ResolvedPresence['on']): Wish {
  const { connections, entered, isStateNew, state, stateAt, since } = present
  const exits = state === exited && isStateNew && stateAt >= (entry?.at ?? 0)
  const isHere = on === 'subscribe' || (!exits && (entered || (entry !== undefined && entry.state !== null)))
  return { connections: isHere ? connections : 0, state: isStateNew || !entry ? state : undefined, stateAt, since }
}

/** Members and connections that are present here. */
export function tallyOf(readers: Readers, on: ResolvedPresence['on']): Tally {
  if (on === 'subscribe') return [readers.size, readers.connections]
  let members = 0
  let connections = 0
  for (const key of readers.keys()) {
    const present = readers.get(key)
    if (!present?.entered) continue
    members++
    connections += present.connections
  }
  return [members, connections]
}

/** Some of the members here; undefined where names are not told, or nobody is here. */
export function sampleOf(readers: Readers, { maxMembers }: ResolvedPresence): readonly string[] | undefined {
  if (maxMembers === 0) return undefined
  const keys: string[] = []
  for (const key of readers.keys()) {
    if (keys.push(key) === sampleSize) break
  }
  return keys.length === 0 ? undefined : keys
}
