/** What a node has to write to a roster so that it says who is here. Pure. */
import type { NewMessage } from '../../core/store.js'
import { type Count, countKey, type Member, type Nodes } from './member.js'

/** What a node says of one member. */
export interface Wish {
  /** Connections here. */
  readonly connections: number
  /** JSON of the state that it set, and when; undefined: as it is. */
  readonly state: string | undefined
  readonly stateAt: number
  readonly since: number
}

/** The node that writes, and which others are dead. */
export interface Writer {
  readonly me: string
  readonly isDead: (node: string) => boolean
}

/** A message of a roster, and what it makes of its key. */
export interface Change<Value> {
  readonly message: NewMessage & { readonly key: string }
  readonly value: Value | undefined
}

/** Undefined: the roster says it already. */
export function memberChange(
  key: string,
  entry: Member | undefined,
  wish: Wish | undefined,
  { me, isDead }: Writer,
): Change<Member> | undefined {
  const nodes: Record<string, number> = {}
  for (const [id, count] of Object.entries(entry?.nodes ?? {})) if (id !== me && !isDead(id)) nodes[id] = count
  if (wish && wish.connections > 0) nodes[me] = wish.connections
  if (Object.keys(nodes).length === 0) return entry && gone(key, 'leave')
  const { state, at } = stateOf(entry, wish)
  if (entry && isSame(entry.nodes, nodes) && JSON.stringify(entry.state) === JSON.stringify(state)) return undefined
  const connections = Object.values(nodes).reduce((sum, count) => sum + count, 0)
  const value = {
    member: key,
    state,
    connections,
    since: entry?.since ?? wish?.since ?? 0,
    ...(at !== undefined && { at }),
    nodes,
  }
  return said(key, entry ? 'update' : 'join', value)
}

/** Members and connections of one node. */
export type Tally = readonly [members: number, connections: number]

/** How many there are. Undefined: the roster says it already. */
export function countChange(
  entry: Count | undefined,
  mine: Tally,
  sample: readonly string[] | undefined,
  { me, isDead }: Writer,
): Change<Count> | undefined {
  const nodes: Record<string, Tally> = {}
  for (const [id, tally] of Object.entries(entry?.nodes ?? {})) if (id !== me && !isDead(id)) nodes[id] = tally
  if (mine[0] > 0) nodes[me] = mine
  if (Object.keys(nodes).length === 0) return entry && gone(countKey, 'mode')
  if (entry && JSON.stringify(sorted(entry.nodes)) === JSON.stringify(sorted(nodes))) return undefined
  return said(countKey, entry ? 'count' : 'mode', countOf(nodes, sample ?? entry?.sample))
}

/** A roster of members becomes one of counts: the count first, then its members go, who have not left. */
export function intoCounts(
  entries: ReadonlyMap<string, Member>,
  mine: Tally,
  sample: readonly string[] | undefined,
  { me, isDead }: Writer,
): (Change<Count> | Change<Member>)[] {
  const nodes: Record<string, Tally> = {}
  for (const { nodes: where } of entries.values()) {
    for (const [id, count] of Object.entries(where)) {
      if (id === me || isDead(id)) continue
      const [members, connections] = nodes[id] ?? [0, 0]
      nodes[id] = [members + 1, connections + count]
    }
  }
  if (mine[0] > 0) nodes[me] = mine
  return [said(countKey, 'mode', countOf(nodes, sample)), ...[...entries.keys()].map((key) => gone(key, 'mode'))]
}

export function gone(key: string, event: string): Change<never> {
  return { message: { key, event, data: undefined }, value: undefined }
}

function said<Value>(key: string, event: string, value: Value): Change<Value> {
  return { message: { key, event, data: Buffer.from(JSON.stringify(value)) }, value }
}

function countOf(nodes: Readonly<Record<string, Tally>>, sample: readonly string[] | undefined): Count {
  let members = 0
  let connections = 0
  for (const [some, many] of Object.values(nodes)) {
    members += some
    connections += many
  }
  return { mode: 'count', members, connections, nodes, ...(sample && { sample }) }
}

function stateOf(entry: Member | undefined, wish: Wish | undefined): Pick<Member, 'state' | 'at'> {
  if (wish?.state !== undefined && wish.stateAt >= (entry?.at ?? 0)) {
    return { state: JSON.parse(wish.state), at: wish.stateAt }
  }
  return { state: entry?.state ?? null, at: entry?.at }
}

function isSame(one: Nodes, other: Nodes): boolean {
  const ids = Object.keys(one)
  return ids.length === Object.keys(other).length && ids.every((id) => one[id] === other[id])
}

function sorted(nodes: object): unknown {
  return Object.entries(nodes).sort(([a], [b]) => (a < b ? -1 : 1))
}
