/** What all nodes say, as one entry. Pure. */
import type { NodeEntry, TransportEntry } from './node-list.js'

export const allNodes = '$all'

/** Counts and rates are added up; of delays the longest stands for all. */
export function sumOf(entries: readonly NodeEntry[]): NodeEntry | undefined {
  const [first, ...others] = entries
  return first && others.reduce(both, { ...first, node: allNodes })
}

function both(one: NodeEntry, other: NodeEntry): NodeEntry {
  return {
    node: allNodes,
    state: one.state === 'ready' || other.state === 'ready' ? 'ready' : 'draining',
    version: one.version === other.version ? one.version : '',
    at: Math.max(one.at, other.at),
    uptimeMs: Math.min(one.uptimeMs, other.uptimeMs),
    loopDelayMs: Math.max(one.loopDelayMs, other.loopDelayMs),
    storeUp: one.storeUp && other.storeUp,
    nodes: one.nodes + other.nodes,
    connections: one.connections + other.connections,
    subscriptions: one.subscriptions + other.subscriptions,
    channels: one.channels + other.channels,
    windowBytes: one.windowBytes + other.windowBytes,
    memoryBytes: one.memoryBytes + other.memoryBytes,
    publishesPerSecond: rounded(one.publishesPerSecond + other.publishesPerSecond),
    messagesPerSecond: rounded(one.messagesPerSecond + other.messagesPerSecond),
    bytesPerSecond: rounded(one.bytesPerSecond + other.bytesPerSecond),
    gaps: one.gaps + other.gaps,
    resumes: one.resumes + other.resumes,
    refusals: one.refusals + other.refusals,
    storeFailures: one.storeFailures + other.storeFailures,
    drained: (one.drained * one.nodes + other.drained * other.nodes) / (one.nodes + other.nodes),
    transports: bothTransports(one.transports, other.transports),
  }
}

type Transports = NodeEntry['transports']

function bothTransports(one: Transports, other: Transports): Transports {
  const transports: Record<string, TransportEntry> = { ...one }
  for (const [name, entry] of Object.entries(other)) {
    const known = transports[name]
    if (!known) {
      transports[name] = entry
      continue
    }
    const delay = longer(known.delay, entry.delay)
    transports[name] = {
      connections: known.connections + entry.connections,
      messagesPerSecond: rounded(known.messagesPerSecond + entry.messagesPerSecond),
      bytesPerSecond: rounded(known.bytesPerSecond + entry.bytesPerSecond),
      ...(delay && { delay }),
    }
  }
  return transports
}

function longer(one: TransportEntry['delay'], other: TransportEntry['delay']): TransportEntry['delay'] {
  if (!one || !other) return one ?? other
  const samples = one.samples + other.samples
  return { samples, p50: Math.max(one.p50, other.p50), p99: Math.max(one.p99, other.p99) }
}

function rounded(number: number): number {
  return Math.round(number * 10) / 10
}
