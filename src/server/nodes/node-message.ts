/** What the nodes of one store say to each other, as it stands in the channel `$hub`. */
import type { ChannelName } from '../../protocol/name.js'
import type { Selector } from '../door/arrivals.js'

/** The format of what nodes say. Nodes of other releases may run beside this one. */
export const format = 1

export type NodeMessage =
  /** Connections to be ended. */
  | { readonly disconnect: Selector }
  /** Channels of statistics that are read: each node tells of itself there for a while. */
  | { readonly observe: readonly ChannelName[] }
  /** The node of this name leaves. */
  | { readonly drain: string }

type Spelt = NodeMessage & {
  readonly format: typeof format
  /** Who says it. */
  readonly node: string
}

export function spellNodeMessage(node: string, message: NodeMessage): Uint8Array {
  return Buffer.from(JSON.stringify({ format, node, ...message } satisfies Spelt))
}

/** Answers what another node says, `own` for what `node` itself said, or a sentence why it is not understood. */
export function readNodeMessage(node: string, data: Uint8Array | undefined): NodeMessage | 'own' | { why: string } {
  const read = parsed(data)
  if (read?.format !== format) {
    const found = JSON.stringify(read?.format)?.slice(0, 20) ?? 'none'
    return { why: `Another node speaks format ${found} in "$hub", and this one ${format}: what it says is ignored.` }
  }
  if (read.node === node) return 'own'
  const { disconnect, observe, drain } = read
  if (typeof drain === 'string') return { drain }
  if (isNames(observe)) return { observe }
  if (isSelector(disconnect)) return { disconnect }
  return { why: 'Another node says something in "$hub" that this release does not know: it is ignored.' }
}

/** `{}` is everybody, so no unknown field may be overlooked. */
function isSelector(value: unknown): value is Selector {
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).every(([name, one]) => isField(name) && typeof one === 'string' && one !== '')
}

function isNames(value: unknown): value is ChannelName[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}

function isField(name: string): boolean {
  return name === 'principal' || name === 'channel' || name === 'connection'
}

function parsed(data: Uint8Array | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(data ?? []).toString())
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}
