/** The feeds: each channel is read from the server once, for all its readers, wherever each of them stands. */
import type { FrameMessage, ServerFrame, Slow } from '../protocol/anywire-frame.js'
import { AnywireError } from '../protocol/error.js'
import type { ChannelName } from '../protocol/name.js'
import { isOffset, type Offset } from '../protocol/offset.js'
import { type Aside, CatchUp } from './catch-up.js'
import { itemOf } from './item.js'
import type { Reading } from './link.js'
import type { Reader } from './reader.js'

export type ChannelFrame = Extract<ServerFrame, { type: 'subscribed' | 'messages' | 'gap' | 'closed' }> | Refusal
type GapFrame = Extract<ServerFrame, { type: 'gap' }>
type Refusal = Extract<ServerFrame, { type: 'error' }> & { readonly channel: ChannelName }

/** One channel as it is read from the server. */
export interface Feed {
  reading: Reading
  /** Everything up to here has been handed to the readers; undefined until the server has made a position of a word. */
  position: Offset | undefined
  contentType: string | undefined
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

/** From the most complete to the least: where readers of one channel differ, the most complete holds for all. */
const completeness: readonly Slow[] = ['catch-up', 'conflate', 'disconnect']

export class Feeds {
  /** What is to be asked of the server. */
  readonly readings = new Map<ChannelName, Reading>()
  /** Announced losses. */
  gaps = 0
  messages = 0
  readonly #options: FeedsOptions
  readonly #feeds = new Map<ChannelName, Feed>()

  constructor(options: FeedsOptions) {
    this.#options = options
  }

  /** Lets a reader read on from where it stands. */
  enter(reader: Reader): void {
    const feed = this.#feeds.get(reader.channel)
    if (feed === undefined) return this.#open(reader)
    this.#widen(feed, reader)
    const { offset } = reader
    if (feed.position === undefined && offset !== feed.reading.offset) {
      reader.state = 'waiting'
      feed.readers.set(reader, undefined)
    } else if (feed.position === undefined || (isOffset(offset) && offset >= feed.position)) this.#join(feed, reader)
    else this.#catchUp(feed, reader)
  }

  leave(reader: Reader): void {
    this.#detach(reader)
    reader.state = 'over'
  }

  /** The client of a reader took some items. */
  took(reader: Reader, count: number): void {
    if (reader.took(count)) this.enter(reader)
  }

  frame(frame: ChannelFrame): void {
    const feed = this.#feeds.get(frame.channel)
    if (feed === undefined) return
    switch (frame.type) {
      case 'subscribed':
        return this.#subscribed(feed, frame.offset, frame.contentType)
      case 'messages':
        return this.#messages(feed, frame.messages)
      case 'gap':
        return this.#gap(feed, frame)
      case 'closed':
        return this.#end(feed)
      case 'error':
        return this.#refused(feed, frame)
    }
  }

  #open(reader: Reader): void {
    const { channel, offset, slow, rate } = reader
    const position = isOffset(offset) ? offset : undefined
    const reading = { channel, offset, slow, rate }
    const feed: Feed = { reading, position, contentType: undefined, readers: new Map(), failures: 0 }
    this.#feeds.set(channel, feed)
    this.#join(feed, reader)
    this.#ask(feed, reading)
  }

  #ask(feed: Feed, reading: Reading): void {
    feed.reading = reading
    this.readings.set(reading.channel, reading)
    this.#options.changed()
  }

  /** The feed gives each reader at least what it asked for. */
  #widen(feed: Feed, { slow, rate }: Reader): void {
    const { reading } = feed
    const wider = completeness.indexOf(slow) < completeness.indexOf(reading.slow) ? slow : reading.slow
    const faster = rate === undefined || reading.rate === undefined ? undefined : Math.max(rate, reading.rate)
    if (wider !== reading.slow || faster !== reading.rate) this.#ask(feed, { ...reading, slow: wider, rate: faster })
  }

  #join(feed: Feed, reader: Reader): void {
    reader.state = 'live'
    feed.readers.set(reader, undefined)
    if (feed.position !== undefined && feed.contentType !== undefined) reader.begin(reader.offset, feed.contentType)
  }

  #catchUp(feed: Feed, reader: Reader): void {
    reader.state = 'catching'
    const catchUp = new CatchUp(reader, this.#options.aside, {
      met: () => this.#join(feed, reader),
      full: () => this.#pause(reader),
      ended: (error) => {
        this.#detach(reader)
        reader.end(error)
      },
    })
    feed.readers.set(reader, catchUp)
    catchUp.begin(feed.position!)
  }

  #pause(reader: Reader): void {
    this.#detach(reader)
    reader.state = 'paused'
  }

  #detach(reader: Reader): void {
    const feed = this.#feeds.get(reader.channel)
    feed?.readers.get(reader)?.stop()
    if (!feed?.readers.delete(reader) || feed.readers.size > 0) return
    this.#drop(feed)
  }

  #drop(feed: Feed): void {
    const { channel } = feed.reading
    this.#feeds.delete(channel)
    this.readings.delete(channel)
    this.#options.changed()
  }

  #subscribed(feed: Feed, offset: Offset, contentType: string): void {
    feed.failures = 0
    feed.contentType = contentType
    if (feed.position === undefined) {
      feed.position = offset
      // Cut short, a snapshot that has brought nothing begins again.
      if (feed.reading.offset !== 'snapshot') feed.reading.offset = offset
      for (const reader of feed.readers.keys()) if (reader.state === 'live') reader.offset = offset
    }
    for (const reader of [...feed.readers.keys()]) {
      if (reader.state === 'live') reader.begin(reader.offset, contentType)
      if (reader.state === 'waiting') this.enter(reader)
    }
  }

  #messages(feed: Feed, messages: readonly FrameMessage[]): void {
    const { position = '' } = feed
    const fresh = messages.filter(({ offset }) => offset > position).map(itemOf)
    const last = fresh.at(-1)
    if (last === undefined) return
    feed.position = last.offset
    feed.reading.offset = last.offset
    this.messages += fresh.length
    for (const [reader, catchUp] of [...feed.readers]) {
      if (catchUp) catchUp.heard(fresh)
      else if (reader.state === 'live') reader.take(fresh, position)
      if (reader.full && reader.state === 'live') this.#pause(reader)
    }
  }

  #gap(feed: Feed, { reason, from, to, missed }: GapFrame): void {
    const { position = '' } = feed
    if (reason === 'slow')
      return this.#end(feed, new AnywireError('slow', `You fell behind "${feed.reading.channel}".`))
    if (to === position || (reason !== 'reset' && to < position)) return
    feed.position = to
    feed.reading.offset = to
    this.gaps++
    for (const [reader, catchUp] of feed.readers) {
      if (catchUp) catchUp.begin(to)
      else if (reason === 'reset' || reader.offset < to) reader.gap({ kind: 'gap', reason, from, to, missed })
    }
  }

  #end(feed: Feed, error?: AnywireError): void {
    const readers = [...feed.readers]
    for (const [reader] of readers) this.#detach(reader)
    for (const [reader, catchUp] of readers) {
      // Who was catching up has the rest of a closed channel before it.
      if (catchUp && !error) this.enter(reader)
      else reader.end(error)
    }
  }

  /** Asked again if that may help; the end of the reading otherwise. */
  #refused(feed: Feed, { code, message, ...details }: Refusal): void {
    const error = new AnywireError(code, message, { details })
    if (error.meaning.retry !== 'later') return this.#end(feed, error)
    const { reading } = feed
    const ms = error.details.retryMs ?? Math.random() * Math.min(500 * 2 ** feed.failures++, 20_000)
    setTimeout(() => {
      if (this.readings.get(reading.channel) === reading) this.#ask(feed, { ...reading })
    }, ms)
  }
}
