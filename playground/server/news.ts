/** News: a channel for each desk, read by the browser's own EventSource. */
import type { BatchMessage, Hub, Incoming } from 'anywire'
import { fieldsOf, textOf } from './fields.js'
import { Newsroom, type Story } from './newsroom.js'
import type { Scenario } from './scenario.js'

export interface Headline {
  readonly title: string
  readonly text: string
  /** Where it happened, or who wrote it. */
  readonly place: string
  readonly at: number
}

const pauseMs = 5000
/** Headlines that have been printed when the server begins. */
const past = 60
const retain = { messages: 30 }

export const news: Scenario = {
  page: 'news',
  rules: {
    // The first rule that fits holds: readers write to this desk only.
    'news/letters': { retain, receive: print },
    'news/:desk': { retain, publish: false },
  },

  start(hub: Hub) {
    const newsroom = new Newsroom(1605)
    const before = new Map<string, BatchMessage[]>()
    for (let ago = past; ago > 0; ago--) {
      const story = newsroom.next()
      const channel = channelOf(story)
      before.set(channel, [...(before.get(channel) ?? []), messageOf(story, Date.now() - ago * 60_000)])
    }
    for (const [channel, messages] of before) hub.publishBatch(channel, messages).catch(console.error)

    const clock = setInterval(() => {
      const story = newsroom.next()
      hub.publishBatch(channelOf(story), [messageOf(story, Date.now())]).catch(console.error)
    }, pauseMs)
    return () => clearInterval(clock)
  },
}

const channelOf = ({ desk }: Story) => `news/${desk}`

function messageOf({ title, text, place, urgent }: Story, at: number): BatchMessage {
  return { data: { title, text, place, at } satisfies Headline, event: urgent ? 'urgent' : undefined }
}

/** A reader's letter, as it is printed. */
function print(message: Incoming) {
  const { title, text, name } = fieldsOf(message)
  message.event = undefined
  message.data = {
    title: textOf(title, 'title', 90),
    text: typeof text === 'string' ? text.slice(0, 300) : '',
    place: textOf(name, 'name', 30),
    at: Date.now(),
  } satisfies Headline
}
