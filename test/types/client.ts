/** How `anywire/client` is typed. */
import {
  AnywireError,
  type Client,
  type CreateTransform,
  connect,
  type ErrorCode,
  type GapItem,
  type Item,
  type MessageItem,
  type ProblemItem,
  type Roster,
  type State,
  type Stats,
  type Subscription,
} from 'anywire/client'
import { type Channels, type Price, priceSchema, type Said, saidSchema } from './channels.js'
import { same } from './same.js'

const client = connect<Channels>('/channels', {
  share: 'tabs',
  transports: ['websocket', 'poll'],
  outbox: { maxMessages: 10, refused: ({ channel }, { code }) => console.log(channel, code) },
})
same<typeof client, Client<Channels>>()

// A name, and a name that fits a template, say what the data are.
same<ReturnType<typeof prices>, Subscription<Price>>()
const prices = () => client.subscribe('prices')
const room = client.subscribe('chat/7', { from: 'last-20', slow: 'conflate', rate: 5 })
same<typeof room, Subscription<Said>>()
const named = (id: number) => client.subscribe(`chat/${id}`)
same<ReturnType<typeof named>, Subscription<Said>>()

// Of other names nothing is known.
const other = client.subscribe('other')
same<typeof other, Subscription<unknown>>()
const untyped = connect('/channels').subscribe('chat/7')
same<typeof untyped, Subscription<unknown>>()

// An item is a message, a gap or a problem, and says which.
client.subscribe('prices', {}, (item) => {
  same<typeof item, Item<Price>>()
  // @ts-expect-error a gap has no data
  item.data
  if (item.kind === 'message') {
    same<typeof item, MessageItem<Price>>()
    same<typeof item.data.price, number>()
    same<typeof item.key, string | undefined>()
  } else if (item.kind === 'gap') {
    same<typeof item, GapItem>()
    same<typeof item.missed, number | undefined>()
  } else {
    same<typeof item, ProblemItem>()
    same<typeof item.error, AnywireError>()
  }
})

// A callback may stand in place of the options, and may be asynchronous.
const heard = client.subscribe('prices', async (item) => {
  same<typeof item, Item<Price>>()
})
same<typeof heard, Subscription<Price>>()
client.subscribe('prices', { failing: ({ code }) => same<typeof code, ErrorCode>() })
// @ts-expect-error neither options nor a callback
client.subscribe('prices', 'start')

// A schema says what the data are, whatever the channel is.
const checked = client.subscribe('other', { schema: saidSchema })
same<typeof checked, Subscription<Said>>()
const checkedAgain = connect('/channels').subscribe('prices', { schema: priceSchema }, (item) => {
  same<typeof item, Item<Price>>()
})
same<typeof checkedAgain, Subscription<Price>>()

// A worker makes something else of them: what, only the application knows.
const createTransform: CreateTransform = ({ channel }) => {
  same<typeof channel, string>()
  return ({ data }) => (data as Price).price
}
same<ReturnType<ReturnType<typeof createTransform>>, unknown>()
const numbers = client.subscribe<'prices', number>('prices', { worker: new URL('./mean.js', import.meta.url) })
same<typeof numbers, Subscription<number>>()

// @ts-expect-error one of three words
client.subscribe('prices', { slow: 'drop' })
// @ts-expect-error positions are strings
client.subscribe('prices', { from: 7 })
// @ts-expect-error a channel is a string
client.subscribe(7)

// What is published must fit the channel.
const acknowledged = client.publish(
  'prices',
  { symbol: 'A', price: 1 },
  { key: 'A', event: 'tick', queued() {}, failing() {} },
)
void acknowledged.then(({ offset, duplicate, reply }) => {
  same<typeof offset, string | undefined>()
  same<typeof duplicate, boolean>()
  same<typeof reply, unknown>()
})
void client.publish('chat/7', { name: 'Ann', text: 'Hello' })
void client.publish('other', new Uint8Array(1))
// @ts-expect-error a price is a number
void client.publish('prices', { symbol: 'A', price: '1' })
// @ts-expect-error there is no name
void client.publish('chat/7', { text: 'Hello' })
// @ts-expect-error it needs data
void client.publish('prices')

const presence = client.presence<{ typing: boolean }>('chat/7', { typing: true })
void presence.then(({ roster, set }) => {
  same<typeof roster.value, Roster<{ typing: boolean }> | undefined>()
  set(null)
  // @ts-expect-error a state is what it is said to be
  set({ typing: 'yes' })
})

// Its state can be looked at and listened to, and not set.
same<typeof client.state.value, State>()
const stop = client.state.subscribe((state) => same<typeof state, State>())
same<typeof stop, () => void>()
same<typeof client.stats.value, Stats>()
same<typeof client.stats.value.transport, 'websocket' | 'stream' | 'poll' | undefined>()
// @ts-expect-error read only
client.state.value = 'open'

export async function loops(): Promise<void> {
  await using reading = client.subscribe('prices')
  for await (const item of reading) same<typeof item, Item<Price>>()
  same<typeof reading.position, string | undefined>()
  await using _closedAtTheEnd = connect('https://example.com/channels')
}

try {
  await client.close()
} catch (thrown) {
  if (thrown instanceof AnywireError && thrown.code === 'too-many')
    same<typeof thrown.details.retryMs, number | undefined>()
  // @ts-expect-error there is no such code
  if (thrown instanceof AnywireError) thrown.code === 'wrong'
}

// @ts-expect-error there is no such transport
connect('/channels', { transports: ['carrier-pigeon'] })
// @ts-expect-error there is no such way to share
connect('/channels', { share: 'all' })
// @ts-expect-error a token is asked for each time
connect('/channels', { token: 'secret' })
