/** Entries of the list of channels, of all nodes together. */
import type { ChannelEntry } from 'anywire/admin'

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
