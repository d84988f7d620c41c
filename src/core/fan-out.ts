/** Fan-out: at the end of a turn, what each channel has gained goes to all of its live readers in one write each. */
import { AnywireError } from '../protocol/error.js'
import type { Slice } from '../protocol/message.js'
import type { Channel, Encoded } from './channel.js'
import type { Group } from './group.js'
import { deliver, pump } from './pump.js'
import type { Subscription } from './subscription.js'
import type { Source, Turns } from './turns.js'

/** Readers written to between two looks at the clock. */
const batch = 64

/** A fan-out that is under way: where it stands survives a pause. */
interface Pass {
  readonly slice: Slice
  readonly groups: Group[]
  encoded: Encoded | undefined
  group: number
  member: number
  /** Readers of the group when the pass came to it: who joins later has the slice already, or asks for it itself. */
  length: number
}

export interface FanOutHost {
  /** Brings all readers of the channel to the head, each by its own position. */
  pumpAll(channel: Channel): void
  /** Hears what serving one reader throws. */
  onError(thrown: unknown): void
}

export class FanOut implements Source {
  readonly #queue = new Set<Channel>()
  readonly #passes = new Map<Channel, Pass>()
  readonly #turns: Turns
  readonly #host: FanOutHost

  constructor(turns: Turns, host: FanOutHost) {
    this.#turns = turns
    this.#host = host
  }

  /** Fans out the channel at the end of this turn; what comes until then leaves in the same write. */
  add(channel: Channel): void {
    this.#queue.add(channel)
    this.#turns.add(this)
  }

  work(deadline: number): boolean {
    for (const channel of this.#queue) {
      this.#queue.delete(channel)
      if (!this.fan(channel, deadline)) this.#queue.add(channel)
      if (performance.now() > deadline) break
    }
    return this.#queue.size === 0
  }

  /** Slice by slice until the head. False: out of time, go on later from where it stands. */
  private fan(channel: Channel, deadline: number): boolean {
    for (;;) {
      const pass = this.#passes.get(channel) ?? this.begin(channel)
      if (pass === undefined) return true
      if (!this.go(pass, deadline)) return false
      this.end(channel, pass)
      if (pass.slice.closed) return true
    }
  }

  private begin(channel: Channel): Pass | undefined {
    if (!channel.ready) return undefined // `sync` pumps every reader when it is known where the log stands
    if (channel.flushed === channel.head && !channel.closed) return undefined
    const slice = channel.cutLive()
    if (slice === undefined) {
      // The window no longer reaches back to where the live readers stand.
      channel.flushed = channel.head
      this.#host.pumpAll(channel)
      return undefined
    }
    const groups = [...channel.groups.values()]
    for (const group of groups) {
      group.compact()
      group.busy = true
    }
    const pass = { slice, groups, encoded: undefined, group: 0, member: 0, length: -1 }
    this.#passes.set(channel, pass)
    return pass
  }

  private end(channel: Channel, { slice, groups }: Pass): void {
    this.#passes.delete(channel)
    if (channel.flushed === slice.from) channel.flushed = slice.to
    for (const group of groups) {
      group.busy = false
      if (group.empty) channel.groups.delete(group.framing.name)
    }
  }

  private go(pass: Pass, deadline: number): boolean {
    for (; pass.group < pass.groups.length; pass.group++, pass.member = 0, pass.length = -1, pass.encoded = undefined) {
      const group = pass.groups[pass.group]!
      if (pass.length < 0) pass.length = group.members.length
      while (pass.member < pass.length) {
        const end = Math.min(pass.member + batch, pass.length)
        for (; pass.member < end; pass.member++) {
          const subscription = group.members[pass.member]
          if (subscription) this.try(pass, group, subscription)
        }
        if (performance.now() > deadline) return false
      }
    }
    return true
  }

  /** One reader who cannot be served keeps no other from being so. */
  private try(pass: Pass, group: Group, subscription: Subscription): void {
    try {
      this.serve(pass, group, subscription)
    } catch (thrown) {
      this.#host.onError(thrown)
      subscription.connection.close(AnywireError.from(thrown))
    }
  }

  private serve(pass: Pass, group: Group, subscription: Subscription): void {
    const { slice } = pass
    if (subscription.position !== slice.from || group.framing.fit) {
      // It joined meanwhile, or its framing chooses what leaves: it goes by its own position.
      if (subscription.position < slice.to || slice.closed) pumpLive(subscription)
      return
    }
    if (subscription.connection.full) {
      subscription.move('full')
      return
    }
    pass.encoded ??= { slice, bytes: group.framing.encode(slice) }
    deliver(subscription, pass.encoded)
    if (subscription.connection.full) subscription.move('full')
  }
}

function pumpLive(subscription: Subscription): void {
  if (subscription.move('grew') === 'behind') pump(subscription)
}
