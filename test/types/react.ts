/** How `anywire/react` is typed: by the map that the application registers. */
import { type Client, connect } from 'anywire/client'
import {
  AnywireProvider,
  useChannel,
  type useClient,
  useConnection,
  usePresence,
  usePublish,
  useSnapshot,
} from 'anywire/react'
import { createElement } from 'react'
import { type Channels, type Price, type Said, saidSchema } from './channels.js'
import { same } from './same.js'

declare module 'anywire/react' {
  interface Register {
    channels: Channels
  }
}

createElement(AnywireProvider, { client: connect<Channels>('/channels') })
createElement(AnywireProvider, { client: undefined })

export function useEverything(id: number): void {
  same<ReturnType<typeof useClient>, Client<Channels> | undefined>()

  const chat = useChannel(`chat/${id}`, { from: 'last-50', keep: 50 })
  same<(typeof chat.messages)[number]['data'], Said>()
  same<NonNullable<typeof chat.last>['data'], Said>()
  same<typeof chat.status, 'pending' | 'open' | 'closed' | 'error'>()
  if (chat.gap) same<typeof chat.gap.missed, number | undefined>()
  // @ts-expect-error it is read only
  chat.messages.push(chat.last)

  const other = useChannel('other')
  same<(typeof other.messages)[number]['data'], unknown>()
  const checked = useChannel('other', { schema: saidSchema })
  same<(typeof checked.messages)[number]['data'], Said>()
  const none = useChannel(id > 0 ? 'prices' : undefined)
  same<(typeof none.messages)[number]['data'], Price>()
  // @ts-expect-error a channel is a string
  useChannel(7)

  const { values } = useSnapshot('prices', { slow: 'conflate', rate: 5 })
  same<typeof values, ReadonlyMap<string, Price>>()
  // @ts-expect-error it begins with a snapshot
  useSnapshot('prices', { from: 'start' })

  const publish = usePublish('chat/7')
  void publish({ name: 'Ann', text: 'Hello' }).then(({ duplicate }) => same<typeof duplicate, boolean>())
  // @ts-expect-error there is no text
  void publish({ name: 'Ann' })

  const { members, count } = usePresence<{ typing: boolean }>(`chat/${id}`, { typing: id > 1 })
  same<(typeof members)[number]['state'], { typing: boolean } | null>()
  same<typeof count, number>()
  // @ts-expect-error a state is what it is said to be
  usePresence<{ typing: boolean }>('chat/7', { typing: 'yes' })

  const { state, stats } = useConnection()
  same<typeof state, 'idle' | 'connecting' | 'open' | 'waiting' | 'closed'>()
  same<typeof stats, NonNullable<typeof stats> | undefined>()
}
