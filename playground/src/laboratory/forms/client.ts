/** Our own client: one connection for all channels and all tabs, by the best transport that gets through. */
import type { Client } from 'anywire/client'
import type { Channels, Load } from '../../channels.js'
import type { Form } from './form.js'

export const clientLane = 'client'

export const clientForm = (client: Client<Channels>): Form => ({
  name: 'Anywire client',
  lane: clientLane,
  ask: 'client.subscribe(channel)',
  resumes: true,
  many: true,
  open(channels, positions, events) {
    const subscriptions = channels.map((channel) =>
      client.subscribe<string, Load>(channel, { from: positions.get(channel) ?? 'now' }, (item) => {
        if (item.kind === 'gap') events.gap(channel, item.to)
        else events.message(channel, item.data, item.offset)
      }),
    )
    const follow = () => (client.state.value === 'open' ? events.opened(null) : events.lost())
    const forget = client.state.subscribe(follow)
    follow()
    return () => {
      for (const subscription of subscriptions) subscription.close()
      forget()
    }
  },
})
