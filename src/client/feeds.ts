/** The feeds: each channel is read from the server once, for all its readers, wherever each of them stands. */
import type { FrameMessage, ServerFrame, Slow } from '../protocol/anywire-frame.js'
import { AnywireError } from '../protocol/error.js'
import type { ChannelName } from '../protocol/name.js'
import { isOffset, type Offset } from '../protocol/offset.js'
import { type Aside, type CatchUp, createCatchUp } from './catch-up.js'
import { itemOf } from './item.js'
import type { Reading, Readings } from './link.js'
import type { Reader } from './reader.js'

type Refusal = Extract<ServerFrame, { type: 'error' }> & { readonly channel: ChannelName }
export type ChannelFrame = Extract<ServerFrame, { type: 'subscribed' | 'messages' | 'gap' | 'closed' }> | Refusal

/** One channel as it is read from the server. */
interface Feed {
  reading: Reading
  /** Everything up to here has been handed to the readers; undefined until the server has made a position of a word. */
  position: Offset | undefined
  contentType?: string
  /** Live ones, those who wait for the position, and those who are catching up. */
  readonly readers: Map<Reader, CatchUp | undefined>
  failures: number
}

export interface FeedsOptions {
  /** Reads for one reader alone. */
  readonly aside: Aside
  /** The set that is to be read has changed. */
  readonly changed: () => void
}

export interface Feeds {
  /** What is to be asked of the server. */
  readonly readings: Readings
  /** Announced losses. */
  readonly gaps: number
  readonly messages: number
  /** Lets a reader read on from where it stands. */
  enter(reader: Reader): void
  leave(reader: Reader): void
  frame(frame: ChannelFrame): void
}

/** From the most complete to the least: where readers of one channel differ, the most complete holds for all. */
const completeness: readonly Slow[] = ['catch-up', 'conflate', 'disconnect']

export function createFeeds({ aside, changed }: FeedsOptions): Feeds {
  const feeds = new Map<ChannelName, Feed>()
  const readings = new Map<ChannelName, Reading>()
  let gaps = 0
  let count = 0

  const enter = (reader: Reader) => {
    const { channel, offset, slow, rate } = reader
    const feed = feeds.get(channel)
    if (!feed) {
      const reading = { channel, offset, slow, rate }
      const position = isOffset(offset) ? offset : undefined
      const fresh: Feed = { reading, position, readers: new Map(), failures: 0 }
      feeds.set(channel, fresh)
      join(fresh, reader)
      return ask(fresh, reading)
    }
    widen(feed, reader)
    const { position } = feed
    if (position === undefined ? offset === feed.reading.offset : isOffset(offset) && offset >= position)
      join(feed, reader)
    else if (position !== undefined) catchUp(feed, reader, position)
    else {
      reader.state = 'waiting'
      feed.readers.set(reader, undefined)
    }
  }

  const ask = (feed: Feed, reading: Reading) => {
    feed.reading = reading
    readings.set(reading.channel, reading)
    changed()
  }

  /** The feed gives each reader at least what it asked for. */
  const widen = (feed: Feed, reader: Reader) => {
    const { reading } = feed
    const [slow = reading.slow] = completeness.filter((one) => one === reader.slow || one === reading.slow)
    const rate = reader.rate && reading.rate && Math.max(reader.rate, reading.rate)
    if (slow !== reading.slow || rate !== reading.rate) ask(feed, { ...reading, slow, rate })
  }

  const join = (feed: Feed, reader: Reader) => {
    reader.state = 'live'
    feed.readers.set(reader, undefined)
    if (feed.position !== undefined && feed.contentType !== undefined) reader.begin(reader.offset, feed.contentType)
  }

  const catchUp = (feed: Feed, reader: Reader, position: Offset) => {
    reader.state = 'catching'
    const catching = createCatchUp(reader, aside, {
      met: () => join(feed, reader),
      full: () => pause(reader),
      ended(error) {
        detach(reader)
        reader.end(error)
      },
    })
    feed.readers.set(reader, catching)
    catching.begin(position)
  }

  const pause = (reader: Reader) => {
    detach(reader)
    reader.state = 'paused'
  }

  const detach = (reader: Reader) => {
    const { channel } = reader
    const feed = feeds.get(channel)
    feed?.readers.get(reader)?.stop()
    if (!feed?.readers.delete(reader) || feed.readers.size > 0) return
    feeds.delete(channel)
    readings.delete(channel)
    changed()
  }

  const subscribed = (feed: Feed, offset: Offset, contentType: string) => {
    feed.failures = 0
    feed.contentType = contentType
    const first = feed.position === undefined
    if (first) {
      feed.position = offset
      // Cut short, a snapshot that has brought nothing begins again.
      if (feed.reading.offset !== 'snapshot') feed.reading.offset = offset
    }
    for (const reader of [...feed.readers.keys()]) {
      if (reader.state === 'waiting') enter(reader)
      else if (reader.state === 'live') {
        if (first) reader.offset = offset
        reader.begin(reader.offset, contentType)
      }
    }
  }

  const heard = (feed: Feed, messages: readonly FrameMessage[]) => {
    const { position = '' } = feed
    const fresh = messages.filter(({ offset }) => offset > position).map(itemOf)
    const last = fresh.at(-1)
    if (!last) return
    feed.position = last.offset
    feed.reading.offset = last.offset
    count += fresh.length
    for (const [reader, catching] of [...feed.readers]) {
      if (catching) catching.heard(fresh)
      else if (reader.state === 'live') {
        reader.take(fresh, position)
        if (reader.full) pause(reader)
      }
    }
  }

  const gap = (feed: Feed, { reason, from, to, missed }: Extract<ServerFrame, { type: 'gap' }>) => {
    const { position = '' } = feed
    if (reason === 'slow') return end(feed, new AnywireError('slow', `You fell behind "${feed.reading.channel}".`))
    // A second link that asked from before the gap tells of it again. After a reset, positions may be lower than those before it.
    if (to === position || (to < position && (reason !== 'reset' || from !== position))) return
    feed.position = to
    feed.reading.offset = to
    gaps++
    for (const [reader, catching] of feed.readers) {
      if (catching) catching.begin(to)
      else if (reason === 'reset' || reader.offset < to) reader.gap({ kind: 'gap', reason, from, to, missed })
    }
  }

  const end = (feed: Feed, error?: AnywireError) => {
    const readers = [...feed.readers]
    for (const [reader] of readers) detach(reader)
    for (const [reader, catching] of readers) {
      // Who was catching up has the rest of a closed channel before it.
      if (catching && !error) enter(reader)
      else reader.end(error)
    }
  }

  /** Asked again if that may help; the end of the reading otherwise. */
  const refused = (feed: Feed, { code, message, ...details }: Refusal) => {
    const error = new AnywireError(code, message, { details })
    if (error.meaning.retry !== 'later') return end(feed, error)
    const { reading } = feed
    const again = () => {
      if (readings.get(reading.channel) === reading) ask(feed, { ...reading })
    }
    setTimeout(again, error.details.retryMs ?? Math.random() * Math.min(500 * 2 ** feed.failures++, 20_000))
  }

  return {
    readings,
    get gaps() {
      return gaps
    },
    get messages() {
      return count
    },
    enter,
    leave(reader) {
      detach(reader)
      reader.state = 'over'
    },
    frame(frame) {
      const feed = feeds.get(frame.channel)
      if (!feed) return
      switch (frame.type) {
        case 'subscribed':
          return subscribed(feed, frame.offset, frame.contentType)
        case 'messages':
          return heard(feed, frame.messages)
        case 'gap':
          return gap(feed, frame)
        case 'closed':
          return end(feed)
        case 'error':
          return refused(feed, frame)
      }
    },
  }
}
