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
  /** Nothing but the number of connections is another one. */
  readonly isRecount?: true
}

/** On which other nodes a member has connections: those of the roster, unless the node itself says otherwise. */
export function elsewhere(entry: Member | undefined, moved: Nodes, { me, isDead }: Writer): Nodes {
  const nodes: Record<string, number> = {}
  if (!entry) return nodes
  for (const [id, count] of Object.entries({ ...entry.nodes, ...moved })) {
    if (id !== me && count > 0 && !isDead(id)) nodes[id] = count
  }
  return nodes
}

export function sumOf(nodes: Nodes): number {
  return Object.values(nodes).reduce((sum, count) => sum + count, 0)
}

/**
 * What this node has to say of its connections besides the roster. Undefined: that is right about them, or no other
 * node has to know.
 */
export function movedHere(
  entry: Member | undefined,
  wish: Wish | undefined,
  { me }: Writer,
  moved: Nodes = {},
): number | undefined {
  const here = wish?.connections ?? 0
  if (!entry || here === (entry.nodes[me] ?? 0)) return undefined
  const isShared = Object.keys({ ...entry.nodes, ...moved }).some((node) => node !== me)
  return isShared ? here : undefined
}

/** Undefined: the roster says it already, but perhaps for the nodes on which the connections are. */
export function memberChange(
  key: string,
  entry: Member | undefined,
  wish: Wish | undefined,
  writer: Writer,
  moved: Nodes = {},
): Change<Member> | undefined {
  const { me } = writer
  const nodes: Record<string, number> = { ...elsewhere(entry, moved, writer) }
  if (wish && wish.connections > 0) nodes[me] = wish.connections
  if (Object.keys(nodes).length === 0) return entry && gone(key, 'leave')
  const { state, at } = stateOf(entry, wish)
  const connections = sumOf(nodes)
  const isStateSame = entry !== undefined && JSON.stringify(entry.state) === JSON.stringify(state)
  if (isStateSame && connections === entry.connections) return undefined
  const value = {
    member: key,
    state,
    connections,
    since: entry?.since ?? wish?.since ?? 0,
    ...(at !== undefined && { at }),
    nodes,
  }
  const change = said(key, entry ? 'update' : 'join', value)
  return isStateSame ? { ...change, isRecount: true } : change
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
  { writer, movedOf }: { readonly writer: Writer; readonly movedOf: (key: string) => Nodes },
): (Change<Count> | Change<Member>)[] {
  const { me } = writer
  const nodes: Record<string, Tally> = {}
  for (const [key, entry] of entries) {
    for (const [id, count] of Object.entries(elsewhere(entry, movedOf(key), writer))) {
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

function sorted(nodes: object): unknown {
  return Object.entries(nodes).sort(([a], [b]) => (a < b ? -1 : 1))
}
