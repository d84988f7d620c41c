/** The feeds: each channel is read from the server once, for all its readers, and resumes here on another link. */
import { type ServerFrame, slows } from '../protocol/anywire-frame.js'
import { AnywireError } from '../protocol/error.js'
import type { ChannelName } from '../protocol/name.js'
import { isOffset, type Offset } from '../protocol/offset.js'
import { askedMs, late } from './deadline.js'
import { itemOf, type MessageItem, type PortProblem } from './item.js'
import type { Link, LinkEvents, Reading, Readings } from './link.js'
import type { Reader } from './reader.js'

/**
 * One channel as it is read from the server: for all its readers, or, as a branch, for one that stands behind them
 * until it stands where they stand.
 */
export interface Feed {
  reading: Reading
  /** The first request, if it named a word such as `now` instead of an offset. */
  readonly byWord: Reading | undefined
  /** Everything up to here was handed to the readers; undefined until the server has answered with an offset. */
  position: Offset | undefined
  contentType?: string
  readonly readers: Set<Reader<Feed>>
  readonly branches: Set<Branch>
  failures: number
}

interface Branch extends Feed {
  readonly trunk: Feed
  /** What the trunk has brought meanwhile. */
  kept: (MessageItem | PortProblem)[]
  link?: Link
}

type Frame<Type extends ServerFrame['type']> = Extract<ServerFrame, { type: Type }>

export interface FeedsOptions {
  /** Reads for one reader alone. */
  readonly aside: (readings: Readings, events: LinkEvents) => Link
  /** The set that is to be read has changed. */
  readonly changed: () => void
}

/** What the trunk brings is kept for a branch up to this many messages; then their meeting is put off. */
const maxKept = 1_000
const firstWaitMs = 200
const maxWaitMs = 20_000

export class Feeds {
  readonly #options: FeedsOptions
  readonly #trunks = new Map<ChannelName, Feed>()
  readonly #readings = new Map<ChannelName, Reading>()
  /** Messages, and announced losses. */
  readonly counts = { messages: 0, gaps: 0 }

  constructor(options: FeedsOptions) {
    this.#options = options
  }

  /** What is to be asked of the server. */
  get readings(): Readings {
    return this.#readings
  }

  /** Lets a reader read on from where it stands. */
  enter(reader: Reader<Feed>): void {
    const { wish, offset } = reader
    const { channel, slow, rate } = wish
    let trunk = this.#trunks.get(channel)
    if (!trunk) {
      trunk = createFeed(reader, rate)
      this.#trunks.set(channel, trunk)
      this.#ask(trunk, trunk.reading)
    }
    const { reading, position } = trunk
    // The trunk gives each reader at least what it asked for.
    const slowest = slows.find((one) => one === slow || one === reading.slow) ?? slow
    const fastest = rate && reading.rate && Math.max(rate, reading.rate)
    if (slowest !== reading.slow || fastest !== reading.rate)
      this.#ask(trunk, { ...reading, slow: slowest, rate: fastest })
    const isAhead = position ? isOffset(offset) && offset >= position : offset === reading.offset
    if (isAhead) return join(trunk, reader)
    const branch: Branch = { ...createFeed(reader), trunk, kept: [] }
    trunk.branches.add(branch)
    join(branch, reader)
    this.#ask(branch, branch.reading)
  }

  leave(reader: Reader<Feed>): void {
    const { feed } = reader
    reader.feed = undefined
    if (!feed) return
    feed.readers.delete(reader)
    this.#prune(feed)
  }

  /** Frames of an earlier request are ignored: they would leave a hole. */
  frame(frame: ServerFrame, reading: Reading | undefined): void {
    const feed = reading && this.#trunks.get(reading.channel)
    if (feed && feed.reading === reading) this.#receive(feed, frame)
  }

  #ask(feed: Feed, reading: Reading): void {
    const { channel } = reading
    feed.reading = reading
    if (isBranch(feed)) {
      feed.link = this.#options.aside(new Map([[channel, reading]]), {
        proven() {},
        frame: (frame) => this.#receive(feed, frame),
        silent: () => this.#failed(feed, late()),
        lost: (error) => this.#failed(feed, error, error.meaning.retry !== 'never'),
      })
    } else {
      this.#readings.set(channel, reading)
      this.#options.changed()
    }
  }

  #quit(feed: Feed): void {
    if (isBranch(feed)) return feed.link?.close()
    this.#readings.delete(feed.reading.channel)
    this.#options.changed()
  }

  /** Ends a feed without readers. */
  #prune(feed: Feed): void {
    if (isRead(feed)) return
    this.#quit(feed)
    if (isBranch(feed)) {
      feed.trunk.branches.delete(feed)
      this.#prune(feed.trunk)
    } else this.#trunks.delete(feed.reading.channel)
  }

  /** Its reader has had everything that the trunk has had. */
  #merge(branch: Branch): void {
    for (const reader of branch.readers) {
      branch.readers.delete(reader)
      reader.take(branch.kept)
      join(branch.trunk, reader)
      this.#prune(branch)
    }
  }

  #end(feed: Feed, error?: AnywireError): void {
    // Who stands behind has the rest of a closed channel before it.
    const behind = error ? [] : [...feed.branches].flatMap((branch) => [...branch.readers])
    for (const { readers } of [feed, ...feed.branches])
      for (const reader of readers) {
        this.leave(reader)
        if (!behind.includes(reader)) reader.emit({ type: 'ended', error: error?.toJSON() })
      }
    for (const reader of behind) this.enter(reader)
  }

  /** Asks again if that may help, and calls `failing`; otherwise the readers end. */
  #failed(feed: Feed, error: AnywireError, mayHelp = error.meaning.retry === 'later'): void {
    if (!mayHelp) return this.#end(feed, error)
    const { reading } = feed
    this.#quit(feed)
    for (const { emit } of feed.readers) emit({ type: 'failing', error: error.toJSON() })
    const again = () => {
      if (feed.reading === reading && isRead(feed)) this.#ask(feed, { ...reading })
    }
    const waitMs = Math.random() * Math.min(firstWaitMs * 2 ** feed.failures++, maxWaitMs)
    setTimeout(again, askedMs(error.details.retryMs, waitMs))
  }

  #receive(feed: Feed, frame: ServerFrame): void {
    switch (frame.type) {
      case 'subscribed':
        this.#subscribed(feed, frame)
        break
      case 'messages':
        this.#messages(feed, frame)
        break
      case 'gap':
        this.#gap(feed, frame)
        break
      case 'closed':
        this.#end(feed)
        break
      case 'error':
        this.#failed(feed, AnywireError.fromJSON(frame))
    }
    for (const branch of isBranch(feed) ? [feed] : feed.branches) {
      const mark = branch.kept[0]?.offset ?? branch.trunk.position
      if (mark && branch.position && branch.position >= mark) this.#merge(branch)
    }
  }

  #subscribed(feed: Feed, { offset, contentType }: Frame<'subscribed'>): void {
    const { reading, position } = feed
    feed.failures = 0
    feed.contentType = contentType
    feed.position ??= offset
    // Cut short, a snapshot that has brought nothing begins again.
    if (reading.offset !== 'snapshot') reading.offset = feed.position
    // Two links that asked by the same word may begin at different offsets.
    if (reading === feed.byWord && position && offset > position) this.#ask(feed, { ...reading })
    for (const reader of feed.readers) reader.begin(feed.position, contentType)
  }

  /** The position moves when every reader has what it covers. */
  #messages(feed: Feed, { messages }: Frame<'messages'>): void {
    const { position } = feed
    const fresh = messages.filter(({ offset }) => !position || offset > position).map(itemOf)
    const last = fresh.at(-1)
    if (!last) return
    if (!isBranch(feed)) this.counts.messages += fresh.length
    for (const branch of feed.branches) {
      branch.kept.push(...fresh)
      if (branch.kept.length > maxKept) branch.kept = []
    }
    for (const reader of [...feed.readers]) {
      reader.take(fresh)
      if (reader.full) this.leave(reader)
    }
    feed.position = last.offset
    feed.reading.offset = last.offset
  }

  #gap(feed: Feed, { type: kind, channel, ...facts }: Frame<'gap'>): void {
    const { position } = feed
    const { reason, from, to } = facts
    const reset = reason === 'reset'
    if (reason === 'slow') return this.#end(feed, new AnywireError('slow', `You fell behind "${channel}".`))
    // A second link that asked from before the gap tells of it again. After a reset, positions may be lower than those
    // before it.
    if (to === position || (position && to < position && !(reset && from === position))) return
    feed.position = to
    feed.reading.offset = to
    if (!isBranch(feed)) this.counts.gaps++
    for (const branch of feed.branches) {
      branch.kept = []
      if (reset) this.#merge(branch)
    }
    for (const reader of feed.readers) if (reset || reader.offset < to) reader.gap({ kind, ...facts })
  }
}

function createFeed({ wish, offset }: Reader<Feed>, rate?: number): Feed {
  const { channel, slow } = wish
  const reading = { channel, offset, slow, rate }
  const position = isOffset(offset) ? offset : undefined
  return {
    reading,
    byWord: position ? undefined : reading,
    position,
    readers: new Set(),
    branches: new Set(),
    failures: 0,
  }
}

function join(feed: Feed, reader: Reader<Feed>): void {
  reader.feed = feed
  feed.readers.add(reader)
  if (feed.position && feed.contentType !== undefined) reader.begin(feed.position, feed.contentType)
}

function isRead({ readers, branches }: Feed): boolean {
  return readers.size + branches.size > 0
}

function isBranch(feed: Feed): feed is Branch {
  return 'trunk' in feed
}
