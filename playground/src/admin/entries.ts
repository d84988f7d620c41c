/** What lists of statistics tell, as far as the page shows it. PROTOCOL.md 3.11. */

export interface Lag {
  readonly messages: number
  readonly ms: number
}

export interface TransportEntry {
  readonly connections: number
  readonly messagesPerSecond: number
  readonly bytesPerSecond: number
  readonly delay?: { readonly samples: number; readonly p50: number; readonly p99: number }
}

export interface NodeEntry {
  readonly node: string
  readonly state: string
  readonly version: string
  readonly at: number
  readonly uptimeMs: number
  readonly nodes: number
  readonly connections: number
  readonly subscriptions: number
  readonly channels: number
  readonly memoryBytes: number
  readonly loopDelayMs: number
  readonly publishesPerSecond: number
  readonly messagesPerSecond: number
  readonly bytesPerSecond: number
  readonly gaps: number
  readonly refusals: number
  readonly storeUp: boolean
  readonly drained: number
  readonly transports: Readonly<Record<string, TransportEntry>>
}

export interface ReadingEntry {
  readonly channel: string
  readonly position: string
  readonly state: string
  readonly slow: string
  readonly rate?: number
  readonly lag: Lag
  readonly gaps: number
}

export interface ConnectionEntry {
  readonly node: string
  readonly connection: number
  readonly principal: string
  readonly transport: string
  readonly address?: string
  readonly since: number
  readonly sentBytes: number
  readonly receivedBytes: number
  readonly sentBytesPerSecond: number
  readonly lag: Lag
  readonly gaps: number
  readonly channels: number
  readonly readings: readonly ReadingEntry[]
}

export interface ChannelEntry {
  readonly node: string
  readonly channel: string
  readonly rule?: string
  readonly readers: number
  readonly behind: number
  readonly publishesPerSecond: number
  readonly messagesPerSecond: number
  readonly head?: string
  readonly windowBytes: number
  readonly contentType: string
  readonly retain: { readonly messages: number | null; readonly bytes: number | null; readonly ageMs: number | null }
  readonly maxKeys?: number
}

/** A channel on all nodes: counts are added up, and what comes from one log is not. */
export function byChannel(entries: Iterable<ChannelEntry>): ChannelEntry[] {
  const all = new Map<string, ChannelEntry>()
  for (const entry of entries) {
    const known = all.get(entry.channel)
    all.set(entry.channel, known ? both(known, entry) : entry)
  }
  return [...all.values()]
}

function both(one: ChannelEntry, other: ChannelEntry): ChannelEntry {
  return {
    ...one,
    ...(other.head && (!one.head || other.head > one.head) && { head: other.head }),
    readers: one.readers + other.readers,
    behind: one.behind + other.behind,
    windowBytes: one.windowBytes + other.windowBytes,
    publishesPerSecond: one.publishesPerSecond + other.publishesPerSecond,
    messagesPerSecond: Math.max(one.messagesPerSecond, other.messagesPerSecond),
  }
}
