/** The feeds: each channel is read from the server once, for all its readers, wherever each of them stands. */
import { type ServerFrame, slows } from '../protocol/anywire-frame.js'
import { AnywireError } from '../protocol/error.js'
import type { ChannelName } from '../protocol/name.js'
import { isOffset, type Offset } from '../protocol/offset.js'
import { itemOf, type MessageItem } from './item.js'
import { type Link, type LinkEvents, late, type Reading, type Readings } from './link.js'
import type { Reader } from './reader.js'

/** One channel as it is read from the server: for all its readers, or, as a branch, for one that stands behind them until it stands where they stand. */
export interface Feed {
  reading: Reading
  /** What was asked for by a word. */
  readonly byWord: Reading | undefined
  /** Everything up to here has been handed to the readers; empty until the server has made a position of a word. */
  position: Offset | ''
  contentType?: string
  readonly readers: Set<Reader>
  readonly branches: Set<Branch>
  failures: number
}

interface Branch extends Feed {
  readonly trunk: Feed
  /** What the trunk has brought meanwhile. */
  kept: MessageItem[]
  link?: Link
}

type Told = 'subscribed' | 'messages' | 'gap' | 'closed' | 'error'
type Hearing = { readonly [Type in Told]: (feed: Feed, frame: Extract<ServerFrame, { type: Type }>) => void }

export interface FeedsOptions {
  /** Reads for one reader alone. */
  readonly aside: (readings: Readings, events: LinkEvents) => Link
  /** The set that is to be read has changed. */
  readonly changed: () => void
}

export interface Feeds {
  /** What is to be asked of the server. */
  readonly readings: Readings
  /** Messages, and announced losses. */
  readonly counts: { readonly messages: number; readonly gaps: number }
  /** Lets a reader read on from where it stands. */
  enter(reader: Reader): void
  leave(reader: Reader): void
  /** What is not of the reading that is wanted now would leave a hole. */
  frame(frame: ServerFrame, reading: Reading | undefined): void
}

/** What the trunk brings is kept for a branch up to this many messages; then their meeting is put off. */
const mostKept = 1_000
const mostWaitMs = 20_000

export function createFeeds({ aside, changed }: FeedsOptions): Feeds {
  const trunks = new Map<ChannelName, Feed>()
  const readings = new Map<ChannelName, Reading>()
  const counts = { messages: 0, gaps: 0 }

  const feedOf = ({ wish, offset }: Reader, rate?: number): Feed => {
    const { channel, slow } = wish
    const reading = { channel, offset, slow, rate }
    const position = isOffset(offset) ? offset : ''
    return {
      reading,
      byWord: position ? undefined : reading,
      position,
      readers: new Set(),
      branches: new Set(),
      failures: 0,
    }
  }

  const ask = (feed: Feed, reading: Reading) => {
    const { channel } = reading
    feed.reading = reading
    if (isBranch(feed)) {
      feed.link = aside(new Map([[channel, reading]]), {
        proven() {},
        frame: (frame) => hear(feed, frame),
        silent: () => failed(feed, late()),
        lost: (error) => failed(feed, error, error.meaning.retry !== 'never'),
      })
    } else {
      readings.set(channel, reading)
      changed()
    }
  }

  const enter = (reader: Reader) => {
    const { wish, offset } = reader
    const { channel, slow, rate } = wish
    let trunk = trunks.get(channel)
    if (!trunk) {
      trunk = feedOf(reader, rate)
      trunks.set(channel, trunk)
      ask(trunk, trunk.reading)
    }
    const { reading, position } = trunk
    // The trunk gives each reader at least what it asked for.
    const most = slows.find((one) => one === slow || one === reading.slow)!
    const fastest = rate && reading.rate && Math.max(rate, reading.rate)
    if (most !== reading.slow || fastest !== reading.rate) ask(trunk, { ...reading, slow: most, rate: fastest })
    if (position ? isOffset(offset) && offset >= position : offset === reading.offset) return join(trunk, reader)
    const branch: Branch = { ...feedOf(reader), trunk, kept: [] }
    trunk.branches.add(branch)
    join(branch, reader)
    ask(branch, branch.reading)
  }

  const join = (feed: Feed, reader: Reader) => {
    reader.feed = feed
    feed.readers.add(reader)
    if (feed.position && feed.contentType !== undefined) reader.begin(feed.position, feed.contentType)
  }

  const leave = (reader: Reader) => {
    const { feed } = reader
    reader.feed = undefined
    feed?.readers.delete(reader)
    if (feed) prune(feed)
  }

  const quit = (feed: Feed) => {
    if (isBranch(feed)) return feed.link?.close()
    readings.delete(feed.reading.channel)
    changed()
  }

  /** Lets go of a feed that nobody reads. */
  const prune = (feed: Feed) => {
    if (feed.readers.size + feed.branches.size > 0) return
    quit(feed)
    if (isBranch(feed)) {
      feed.trunk.branches.delete(feed)
      prune(feed.trunk)
    } else trunks.delete(feed.reading.channel)
  }

  /** Its reader has had everything that the trunk has had. */
  const merge = (branch: Branch) => {
    for (const reader of branch.readers) {
      branch.readers.delete(reader)
      reader.take(branch.kept)
      join(branch.trunk, reader)
      prune(branch)
    }
  }

  const end = (feed: Feed, error?: AnywireError) => {
    // Who stands behind has the rest of a closed channel before it.
    const behind = error ? [] : [...feed.branches].flatMap((branch) => [...branch.readers])
    for (const { readers } of [feed, ...feed.branches])
      for (const reader of readers) {
        leave(reader)
        if (!behind.includes(reader)) reader.events.ended(error)
      }
    behind.forEach(enter)
  }

  /** Asked again if that may help; the end of the reading otherwise. */
  const failed = (feed: Feed, error: AnywireError, mayHelp = error.meaning.retry === 'later') => {
    if (!mayHelp) return end(feed, error)
    const { reading } = feed
    quit(feed)
    const again = () => {
      if (feed.reading === reading && feed.readers.size + feed.branches.size > 0) ask(feed, { ...reading })
    }
    setTimeout(again, error.details.retryMs ?? Math.random() * Math.min(200 * 2 ** feed.failures++, mostWaitMs))
  }

  const hearing: Hearing = {
    subscribed(feed, { offset, contentType }) {
      const { reading, position } = feed
      feed.failures = 0
      feed.contentType = contentType
      feed.position ||= offset
      // Cut short, a snapshot that has brought nothing begins again.
      if (reading.offset !== 'snapshot') reading.offset = feed.position
      // Two links that have asked by the same word may begin at different places.
      if (reading === feed.byWord && position && offset > position) ask(feed, { ...reading })
      for (const reader of feed.readers) reader.begin(feed.position, contentType)
    },
    messages(feed, { messages }) {
      const fresh = messages.map(itemOf).filter(({ offset }) => offset > feed.position)
      const last = fresh.at(-1)
      if (!last) return
      feed.position = last.offset
      feed.reading.offset = last.offset
      if (!isBranch(feed)) counts.messages += fresh.length
      for (const branch of feed.branches) {
        branch.kept.push(...fresh)
        if (branch.kept.length > mostKept) branch.kept = []
      }
      for (const reader of [...feed.readers]) {
        reader.take(fresh)
        if (reader.full) leave(reader)
      }
    },
    gap(feed, { type: kind, channel, ...facts }) {
      const { position } = feed
      const { reason, from, to } = facts
      const reset = reason === 'reset'
      if (reason === 'slow') return end(feed, new AnywireError('slow', `You fell behind "${channel}".`))
      // A second link that asked from before the gap tells of it again. After a reset, positions may be lower than those before it.
      if (to === position || (to < position && !(reset && from === position))) return
      feed.position = to
      feed.reading.offset = to
      if (!isBranch(feed)) counts.gaps++
      for (const branch of feed.branches) {
        branch.kept = []
        if (reset) merge(branch)
      }
      for (const reader of feed.readers) if (reset || reader.offset < to) reader.gap({ kind, ...facts })
    },
    closed: (feed) => end(feed),
    error: (feed, frame) => failed(feed, AnywireError.fromJSON(frame)),
  }

  const hear = (feed: Feed, frame: ServerFrame) => {
    hearing[frame.type as Told]?.(feed, frame as never)
    for (const branch of isBranch(feed) ? [feed] : feed.branches) {
      const mark = branch.kept[0]?.offset ?? branch.trunk.position
      if (mark && branch.position >= mark) merge(branch)
    }
  }

  return {
    readings,
    counts,
    enter,
    leave,
    frame(frame, reading) {
      const feed = reading && trunks.get(reading.channel)
      if (feed && feed.reading === reading) hear(feed, frame)
    },
  }
}

function isBranch(feed: Feed): feed is Branch {
  return 'trunk' in feed
}
