/** What the server says of itself, in the channel `$stats`. */
import type { HubStats } from 'anywire'
import { useState } from 'preact/hooks'
import { Card } from '../parts/card.js'
import { useChannel } from '../shell/client.js'

const names: Record<keyof HubStats, string> = {
  connections: 'Connections',
  requests: 'Requests being answered',
  subscriptions: 'Subscriptions',
  channels: 'Channels being read',
  windowBytes: 'Bytes in windows',
  reads: 'Reads of the store',
  publishers: 'Publishers at work',
  timers: 'Timers',
  drained: 'Share of clients told to leave',
  present: 'Members present',
  compressibleBytes: 'Bytes before compression',
  compressedBytes: 'Bytes after it',
}

export function ServerCard() {
  const [stats, setStats] = useState<HubStats>()
  useChannel<HubStats>('$stats', { from: 'last-1' }, (item) => {
    if (item.kind === 'message') setStats(item.data)
  })
  return (
    <Card title="The server" class="server">
      <p class="legend">
        The channel <code>$stats</code>, once a second; of all visitors.
      </p>
      <dl class="facts">
        {Object.entries(names).map(([name, label]) => [
          <dt key={`${name} label`}>{label}</dt>,
          <dd key={name}>{stats?.[name as keyof HubStats].toLocaleString('en') ?? '–'}</dd>,
        ])}
      </dl>
    </Card>
  )
}
