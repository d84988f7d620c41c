/** A subscription: one reader of one channel, as a position, which is moved here alone, and a state. No queue. */
import type { Rate, Slow } from '../../protocol/anywire-v1.js'
import { AnywireError } from '../../protocol/error.js'
import type { Framing } from '../../protocol/framing.js'
import type { Gap, Slice } from '../../protocol/message.js'
import type { Offset } from '../../protocol/offset.js'
import type { ChannelLog } from '../log/channel-log.js'
import type { Encoded, Slices } from '../log/slices.js'
import type { Tally } from '../meter.js'
import type { ReadResult } from '../store.js'
import { storeDown } from '../store-down.js'
import { type SubscriptionEvent, type SubscriptionState, transitions } from './states.js'

export interface SubscriptionOptions {
  /** @default 'catch-up' */
  readonly slow?: Slow | undefined
  /** Writes per second at most; undefined is every write. */
  readonly rate?: Rate | undefined
}

/** The position of a reader that is behind the window. */
export interface Place {
  readonly position: Offset
  /** Set while a snapshot is under way: the head when it began. */
  readonly snapshotUntil: Offset | undefined
  /** How many times the usual slice it needs: more than one while a framing holds back what is incomplete. */
  readonly reach: number
}

/** What the store answered for a reader that was behind the window. */
export interface Paged {
  readonly subscription: Subscription
  readonly result: ReadResult
  readonly ofSnapshot: boolean
}

/** What a subscription needs of its channel. */
export interface SubscriptionChannel {
  readonly log: ChannelLog
  readonly slices: Slices
  /** What follows a position that the window does not know. */
  readAfter(place: Place): Promise<ReadResult>
  /** Calls `goOn` of the subscription in this turn or a later one: thousands may have waited for one page. */
  paged(page: Paged): void
  /** It is at the head, to be served by the fan-out or on the grid of its rate. */
  joinLive(subscription: Subscription): void
  leaveLive(subscription: Subscription): void
  /** The store could not be read: it is asked later where the log stands, and all readers go on then. */
  unread(): void
  /** Its reader is told of a gap. */
  lost(subscription: Subscription, gap: Gap): void
  /** It has ended. `leaves`: its reader wants no more of the channel. */
  remove(subscription: Subscription, leaves: boolean): void
}

/** What a subscription needs of its connection. */
export interface SubscriptionConnection {
  /** Its number in this process, for logs. */
  readonly id: number
  /** How messages are spelt and carried, for the meter. */
  readonly transport: string
  /** No room: wait for `drained`. */
  readonly full: boolean
  write(bytes: Buffer, slice?: Slice): boolean
  /** Conflation left messages out. The bytes of the slice say so if the framing can. */
  conflated(subscription: Subscription, gap: Gap): void
  /** Announces a gap to the reader. Answers whether reading continues after it. */
  announce(subscription: Subscription, gap: Gap): boolean
  /** The position has moved: by a slice, or over a gap. */
  moved(subscription: Subscription): void
  /** A closed channel has been read to its end. */
  ended(subscription: Subscription, slice: Slice): void
  /** Ends the reading, and the connection if that was all it carried. */
  end(subscription: Subscription, reason?: AnywireError): void
  close(reason?: AnywireError): void
  remove(subscription: Subscription): void
}

export class Subscription implements Place {
  readonly framing: Framing
  readonly slow: Slow
  readonly rate: Rate | undefined
  readonly #channel: SubscriptionChannel
  readonly #connection: SubscriptionConnection
  readonly #tally: Tally
  #state: SubscriptionState = 'behind'
  #position: Offset
  #snapshotUntil: Offset | undefined
  #reach = 1
  #gaps = 0
  #wasLive = false
  /** The wire was full after the reader had been at the head: if it falls out of the window now, it is slow. */
  #late = false

  constructor(
    channel: SubscriptionChannel,
    connection: SubscriptionConnection,
    framing: Framing,
    position: Offset,
    options: SubscriptionOptions,
    tally: Tally,
  ) {
    this.#channel = channel
    this.#connection = connection
    this.#tally = tally
    this.framing = framing
    this.#position = position
    this.slow = options.slow ?? 'catch-up'
    this.rate = options.rate
  }

  get transport(): string {
    return this.#connection.transport
  }

  /** The number of its connection. */
  get connectionId(): number {
    return this.#connection.id
  }

  get log(): ChannelLog {
    return this.#channel.log
  }

  get state(): SubscriptionState {
    return this.#state
  }

  get position(): Offset {
    return this.#position
  }

  /** Gaps that its reader was told of. */
  get gaps(): number {
    return this.#gaps
  }

  get snapshotUntil(): Offset | undefined {
    return this.#snapshotUntil
  }

  get reach(): number {
    return this.#reach
  }

  /** Sends the first page, or announces the gap there, and then everything that follows. */
  begin(result: ReadResult, ofSnapshot: boolean): void {
    if (ofSnapshot && result.kind === 'page' && !result.upToDate) this.#snapshotUntil = result.info.head
    this.#take(result, ofSnapshot)
    this.#pump()
  }

  /** Continues with the store's answer, if it is still needed. */
  goOn(result: ReadResult, ofSnapshot: boolean): void {
    if (this.#move('page') !== 'behind') return
    if (this.#connection.full) {
      this.#move('full')
      return
    }
    this.#take(result, ofSnapshot)
    this.#pump()
  }

  /** The wire has room again. */
  drained(): void {
    if (this.#move('drained') === 'behind') this.#pump()
  }

  /** Sends at once what the log holds for a live reader, ahead of the fan-out. */
  flush(): void {
    if (this.#position === this.log.head && !this.log.closed) return
    this.#grow()
  }

  /**
   * A slice for all live readers of this framing. A reader at another position, or whose framing selects what it sends,
   * uses its own position.
   */
  serve(slice: Slice, encode: () => Encoded): void {
    if (this.#position !== slice.from || this.framing.fit) {
      if (this.#position < slice.to || slice.closed) this.#grow()
      return
    }
    if (!this.#connection.full) this.#deliver(encode())
    if (this.#connection.full) this.#move('full')
  }

  /** Writes what is not part of the log, if there is room for it. */
  note(bytes: Buffer): void {
    if (this.#state !== 'closed' && !this.#connection.full) this.#connection.write(bytes)
  }

  /** The log was placed again: this reader did not fall behind. */
  excuse(): void {
    this.#late = false
  }

  /** Serving it has failed: ends the connection. */
  fail(thrown: unknown): void {
    this.#connection.close(AnywireError.from(thrown))
  }

  /**
   * Ends this reading; the connection stays. `leaves`: the reader wants no more of the channel, and is not expected
   * back.
   */
  close(leaves = false): void {
    if (this.#state === 'closed') return
    this.#move('close')
    this.#connection.remove(this)
    this.#channel.remove(this, leaves)
  }

  /** From its position to the head, slice by slice, while the wire has room. Leaves the state `behind`. */
  #pump(): void {
    const { log, slices } = this.#channel
    while (this.#state === 'behind') {
      if (this.#connection.full) {
        this.#move('full')
        return
      }
      if (this.#snapshotUntil !== undefined || !log.knows(this.#position)) return this.#readBehind()
      if (this.#position === log.head) return this.#reachedHead()
      const next = slices.next(this)
      if (next === 'more') this.#reach *= 2
      else if (next === 'held') this.#move('reached-head')
      else this.#deliver(next)
    }
  }

  /** One slice. */
  #deliver({ slice, bytes, gap }: Encoded): void {
    const connection = this.#connection
    if (gap) this.#lost(gap)
    if (gap) connection.conflated(this, gap)
    const tally = this.#tally
    tally.slices++
    tally.messages += slice.messages.length
    tally.bytes += bytes.length
    this.#position = slice.to
    this.#reach = 1
    if (bytes.length > 0 || slice.closed) connection.write(bytes, slice)
    connection.moved(this)
    if (slice.closed && this.#state !== 'closed') connection.ended(this, slice)
  }

  /** The first page of a reading, or one that the store gave later. */
  #take(result: ReadResult, ofSnapshot: boolean): void {
    const { log } = this.#channel
    if (result.kind === 'gone') {
      this.#connection.end(this, new AnywireError('gone', `The channel "${log.name}" was deleted.`))
      return
    }
    if (result.kind === 'gap') return this.#skip(result)
    if (this.#snapshotUntil !== undefined && result.upToDate) this.#snapshotUntil = undefined
    if (result.messages.length === 0) this.#position = result.to
    else {
      const next = this.#channel.slices.page(this, result, ofSnapshot)
      if (next === 'more') this.#reach *= 2
      else if (next === 'held') this.#move('reached-head')
      else this.#deliver(next)
    }
    // The store is ahead of the wake-ups, or is being asked for the head. Either brings the window up to this position.
    // A reader with a rate has had its write. Messages that came meanwhile wait for its next turn.
    const paced = this.rate !== undefined && !log.closed
    const ahead = paced || !log.ready || this.#position > log.head
    if (result.upToDate && ahead) this.#move('reached-head')
  }

  /** Announces a gap and continues after it, if the connection does. */
  #skip(lost: Gap): void {
    this.#snapshotUntil = undefined
    this.#lost(lost)
    if (!this.#connection.announce(this, lost)) {
      this.close()
      return
    }
    this.#position = lost.to
    this.#connection.moved(this)
  }

  #lost(gap: Gap): void {
    this.#gaps++
    this.#channel.lost(this, gap)
  }

  #grow(): void {
    if (this.#move('grew') === 'behind') this.#pump()
  }

  #reachedHead(): void {
    if (this.log.closed) this.#deliver(this.#channel.slices.end(this.framing))
    else this.#move('reached-head')
  }

  #readBehind(): void {
    const connection = this.#connection
    if (this.slow === 'disconnect' && this.#late) {
      const gap: Gap = { reason: 'slow', from: this.#position, to: this.log.head }
      this.#lost(gap)
      connection.announce(this, gap)
      connection.end(this)
      return
    }
    const ofSnapshot = this.#snapshotUntil !== undefined
    this.#move('read')
    this.#channel.readAfter(this).then(
      (result) => this.#channel.paged({ subscription: this, result, ofSnapshot }),
      (thrown) => this.#unread(thrown instanceof AnywireError ? thrown : storeDown(thrown)),
    )
  }

  /** The reader stays while the store is away: it goes on from its position when the log is placed anew. */
  #unread(error: AnywireError): void {
    if (error.code !== 'store-down') return this.#connection.close(error)
    if (this.#move('page') !== 'behind') return
    this.#move('reached-head')
    this.#channel.unread()
  }

  /** Changes state by the table, and joins or leaves the live readers. */
  #move(event: SubscriptionEvent): SubscriptionState {
    const before = this.#state
    const after = transitions[before][event]
    if (after === 'same' || after === before) return before
    this.#state = after
    if (before === 'live') this.#channel.leaveLive(this)
    if (after === 'live') {
      this.#wasLive = true
      this.#late = false
      this.#channel.joinLive(this)
    } else if (after === 'waiting') this.#late = this.#wasLive
    return after
  }
}
