/** Our own client: one connection for all channels and all tabs, by the best transport that gets through. */
import type { Client } from 'anywire/client'
import type { Channels, Load } from '../../channels.js'
import type { Form } from './form.js'

export const clientLane = 'client'

/** Reads on from where it stood; at first from `from`. */
export const clientForm = (client: Client<Channels>, from = 'now'): Form => ({
  name: 'Anywire client',
  lane: clientLane,
  ask: 'client.subscribe(channel)',
  resumes: true,
  many: true,
  open(channels, positions, events) {
    const subscriptions = channels.map((channel) =>
      client.subscribe<string, Load>(channel, { from: positions.get(channel) ?? from }, (item) => {
        if (item.kind === 'gap') events.gap(channel, item.to)
        else if (item.kind === 'message') events.message(channel, item.data, item.offset)
      }),
    )
    const follow = () => (client.state.value === 'open' ? events.opened(null) : events.lost())
    let measured: number | undefined
    const measure = () => {
      const { connectMs } = client.stats.value
      if (connectMs !== undefined && connectMs !== measured) events.opened(connectMs)
      measured = connectMs ?? measured
    }
    const forget = [client.state.subscribe(follow), client.stats.subscribe(measure)]
    follow()
    return () => {
      for (const subscription of subscriptions) subscription.close()
      for (const end of forget) end()
    }
  },
})
