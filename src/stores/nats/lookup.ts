/** Where a channel is kept, and what its newest frame says. */
import type { ChannelConfig } from '../../core/store.js'
import { AnywireError } from '../../protocol/error.js'
import type { ChannelName } from '../../protocol/name.js'
import { mintOffset, type Offset } from '../../protocol/offset.js'
import { classOf, covers } from './classes.js'
import { type ChannelState, decodeFrame, encodeFrame, type Frame, later, newNonce } from './frame.js'
import { type JetStream, NoStream, type StoredMessage } from './jetstream.js'
import { type ChannelStream, ownFailure, type Streams } from './streams.js'

/** What is known of a name at one moment. */
export interface Head extends ChannelState {
  readonly stream: ChannelStream
  /** The number of the newest frame of its subject; 0: there is none. */
  readonly seq: number
  /** The position after the newest message. */
  readonly end: Offset
}

/** How often a lookup begins anew because a stream was lost meanwhile. */
const maxTries = 5

export class Lookup {
  readonly jetStream: JetStream
  readonly streams: Streams

  constructor(jetStream: JetStream, streams: Streams) {
    this.jetStream = jetStream
    this.streams = streams
  }

  /**
   * `hint`: where it was last: a channel leaves a stream only by a frame that says so. `isNew`: nothing will be found,
   * probably, so that what is asked then is asked together with it.
   */
  async head(channel: ChannelName, token: string, hint?: ChannelStream, isNew = false): Promise<Head> {
    const hinted = hint && (await this.#follow(channel, token, hint))
    if (hinted && hinted !== 'changed' && hinted.seq > 0) return hinted
    for (let tries = 0; tries < maxTries; tries++) {
      const head = await this.#follow(channel, token, this.streams.home, isNew)
      if (head === 'changed') continue
      const isUnknown = head.seq === 0 && head.stream.class === this.streams.home.class
      return (isUnknown && (await this.#inOlderStreams(channel, token))) || head
    }
    throw new Error(`The streams of "${channel}" were lost again and again.`)
  }

  /**
   * Makes room for a channel where so many messages are kept, if it is not there already. Answers whether it has to be
   * looked up anew, or why it cannot be had, as a sentence.
   */
  async place(
    channel: ChannelName,
    token: string,
    head: Head,
    config: ChannelConfig,
  ): Promise<boolean | { why: string }> {
    const wanted = classOf(config.retain.messages)
    const here = head.stream.class
    const isUsed = head.seq > 0 || here !== this.streams.home.class
    if (here === wanted || (isUsed && covers(here, wanted))) return false
    const left = [...(head.left ?? []), here]
    let to = wanted
    // A channel never comes back to a stream that it has left: who knows it from there must find that it has gone.
    while (left.includes(to)) to = String(Number(to) + 1)
    const why = this.streams.refusal(to) ?? (await this.#refusalOf(to))
    if (why) return { why }
    const { birth, micros, seq: before } = head
    const moved = { ...nothing, kind: 'moved', channel, birth, micros, before, previous: birth, to, left } as const
    const bytes = encodeFrame({ ...moved, nonce: newNonce(), groups: [] }, [])
    const published = await this.jetStream.publish(this.streams.subject(head.stream, token), bytes, before)
    return published.kind === 'full' ? published : true
  }

  /** From stream to stream, as the frames say. `changed`: a stream is another one than it was. */
  async #follow(channel: ChannelName, token: string, from: ChannelStream, isNew = false): Promise<Head | 'changed'> {
    let stream = from
    let past: Frame | undefined
    for (;;) {
      const asked = this.#last(stream, token)
      const checked = isNew && !past ? this.streams.hasChanged(stream) : undefined
      // It matters only where nothing is found.
      checked?.catch(() => undefined)
      const found = await asked
      if (!found) return (await (checked ?? this.streams.hasChanged(stream))) ? 'changed' : this.#vacant(stream, past)
      const frame = decodeFrame(channel, found.seq, found.data)
      if (frame.kind !== 'moved' || frame.to === undefined) return headOf(stream, frame, frame.seq, frame.end)
      past = frame
      stream = await this.streams.of(frame.to).catch((thrown) => {
        throw ownFailure(thrown)
      })
    }
  }

  /** Why the server does not give a stream that is needed. */
  async #refusalOf(name: string): Promise<string | undefined> {
    try {
      await this.streams.of(name)
      return undefined
    } catch (thrown) {
      if (thrown instanceof AnywireError && thrown.code === 'bad-request') return thrown.message
      throw thrown
    }
  }

  async #inOlderStreams(channel: ChannelName, token: string): Promise<Head | undefined> {
    for (const stream of this.streams.olderThanHome) {
      const found = await this.#last(stream, token)
      const frame = found && decodeFrame(channel, found.seq, found.data)
      if (frame && frame.kind !== 'moved') return headOf(stream, frame, frame.seq, frame.end)
    }
    return undefined
  }

  async #last(stream: ChannelStream, token: string): Promise<StoredMessage | undefined> {
    try {
      return await this.jetStream.last(stream.name, this.streams.subject(stream, token))
    } catch (thrown) {
      if (thrown instanceof NoStream) return undefined
      throw thrown
    }
  }

  /** A name of which the stream holds nothing. It began with the youngest of the streams that could have told of it. */
  #vacant(stream: ChannelStream, past: Frame | undefined): Head {
    const births = [stream.birth, this.streams.home.birth].map((micros) => mintOffset(micros, 0))
    const birth = [...births, past?.birth ?? ''].reduce(later)
    const micros = Math.max(stream.birth, this.streams.home.birth, past?.micros ?? 0)
    return { ...nothing, birth, micros, left: past?.left, stream, seq: 0, end: birth }
  }
}

const nothing = {
  kind: 'deleted',
  since: 0,
  total: 0,
  closed: false,
  uses: 0,
  written: 0,
  producers: 0,
  recent: [],
} as const

// It names each field: made of spread parts, with each append, it takes 3 KB of garbage.
export function headOf(stream: ChannelStream, of: ChannelState, seq: number, end: Offset): Head {
  return {
    kind: of.kind,
    birth: of.birth,
    since: of.since,
    micros: of.micros,
    total: of.total,
    closed: of.closed,
    streamSeq: of.streamSeq,
    config: of.config,
    uses: of.uses,
    written: of.written,
    producers: of.producers,
    recent: of.recent,
    left: of.left,
    stream,
    seq,
    end: of.kind === 'channel' ? end : of.birth,
  }
}
