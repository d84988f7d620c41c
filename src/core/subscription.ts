/** A subscription: one reading of one channel, as a position and a state. No queue: what is missing is read again from the log. */
//
//              ┌──────────── grew ────────────┐
//              ▼                              │
//   ┌──────► behind ──reached-head──────────► live
//   │         │  ▲  │                          │
//   │       read  │ full                      full
//   │         ▼  page │                        │
//   │     reading     └────────► waiting ◄─────┘
//   └───────────────drained─────────┘            any ──close──► closed
//
import type { Rate, Slow } from '../protocol/anywire-v1.js'
import type { GapReason } from '../protocol/message.js'
import type { Offset } from '../protocol/offset.js'
import type { Channel } from './channel.js'
import type { Connection } from './connection.js'

/**
 * `behind`: there is something to send, and it is being sent. `reading`: the store is asked for what the window no longer holds.
 * `live`: at the head, or waiting for its turn on the grid of its rate. `waiting`: the wire has no room.
 */
export type SubscriptionState = 'behind' | 'reading' | 'live' | 'waiting' | 'closed'
export type SubscriptionEvent = 'reached-head' | 'grew' | 'read' | 'page' | 'full' | 'drained' | 'close'

type Row = Readonly<Record<SubscriptionEvent, SubscriptionState | 'same'>>

/** Every state × event; events that mean nothing in a state leave it the same. */
export const transitions: Readonly<Record<SubscriptionState, Row>> = {
  behind: {
    'reached-head': 'live',
    grew: 'same',
    read: 'reading',
    page: 'same',
    full: 'waiting',
    drained: 'same',
    close: 'closed',
  },
  reading: {
    'reached-head': 'same',
    grew: 'same',
    read: 'same',
    page: 'behind',
    full: 'same',
    drained: 'same',
    close: 'closed',
  },
  live: {
    'reached-head': 'same',
    grew: 'behind',
    read: 'same',
    page: 'same',
    full: 'waiting',
    drained: 'same',
    close: 'closed',
  },
  waiting: {
    'reached-head': 'same',
    grew: 'same',
    read: 'same',
    page: 'same',
    full: 'same',
    drained: 'behind',
    close: 'closed',
  },
  closed: {
    'reached-head': 'same',
    grew: 'same',
    read: 'same',
    page: 'same',
    full: 'same',
    drained: 'same',
    close: 'same',
  },
}

export interface SubscriptionOptions {
  /** @default 'catch-up' */
  readonly slow?: Slow | undefined
  /** Writes per second at most; undefined is every write. */
  readonly rate?: Rate | undefined
}

export class Subscription {
  readonly channel: Channel
  readonly connection: Connection
  readonly slow: Slow
  readonly rate: Rate | undefined
  position: Offset
  /** Set while a snapshot is under way: the head when it began. */
  snapshotUntil: Offset | undefined
  /** How many times the usual slice it needs: more than one while a framing holds back what is incomplete. */
  reach = 1
  /** Found no room after it had been at the head: to fall out of the window now is being slow. */
  late = false
  /** Its place among the live readers of its framing, or -1. */
  slot = -1
  #wasLive = false
  #state: SubscriptionState = 'behind'

  constructor(channel: Channel, connection: Connection, position: Offset, options: SubscriptionOptions) {
    this.channel = channel
    this.connection = connection
    this.position = position
    this.slow = options.slow ?? 'catch-up'
    this.rate = options.rate
  }

  get state(): SubscriptionState {
    return this.#state
  }

  /** Moves along the table, and joins or leaves the lists that go with a state. */
  move(event: SubscriptionEvent): SubscriptionState {
    const before = this.#state
    const after = transitions[before][event]
    if (after === 'same' || after === before) return before
    this.#state = after
    if (before === 'live') this.channel.leaveLive(this)
    if (after === 'live') {
      this.#wasLive = true
      this.late = false
      this.channel.joinLive(this)
    } else if (after === 'waiting') this.late = this.#wasLive
    return after
  }

  /** Ends this reading; the connection stays. */
  close(): void {
    if (this.#state === 'closed') return
    this.move('close')
    this.connection.subscriptions.delete(this)
    this.channel.remove(this)
  }
}

/** Why a reading lost messages, as a sentence. */
export const gapSentences: Readonly<Record<GapReason, string>> = {
  trimmed: 'the log no longer reaches back to your position',
  reset: 'the log is not the one your position is from',
  conflated: 'older messages of a key were left out',
  slow: 'you fell behind what the server keeps at hand',
}
