/** The channels in which a hub tells of itself, and what is searched for in them. Pure. */
import type { ChannelName } from '../protocol/name.js'

export const statsChannel = '$stats'
export const connectionsChannel = '$connections'
export const channelsChannel = '$channels'

/** What is listed, and what the entries must hold; without text they are those at the top. */
export interface StatisticsList {
  readonly of: 'nodes' | 'connections' | 'channels'
  /** In lower case. `''`: all. */
  readonly text: string
}

const searchable = { [connectionsChannel]: 'connections', [channelsChannel]: 'channels' } as const

/** The list that a channel of this name holds: `$stats`, `$connections`, `$connections/<text>` … Undefined: none. */
export function listOf(channel: ChannelName): StatisticsList | undefined {
  if (!channel.startsWith('$')) return undefined
  if (channel === statsChannel) return { of: 'nodes', text: '' }
  for (const [name, of] of Object.entries(searchable)) {
    if (channel === name) return { of, text: '' }
    if (channel.startsWith(`${name}/`)) return { of, text: channel.slice(name.length + 1).toLowerCase() }
  }
  return undefined
}
