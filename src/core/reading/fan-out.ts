/** Fan-out: at the end of a turn, the new messages of each channel go to all of its live readers, in one write each. */
import type { Slice } from '../../protocol/message.js'
import { microsOf } from '../../protocol/offset.js'
import type { Encoded } from '../log/slices.js'
import type { Meter } from '../meter.js'
import type { Source, Turns } from '../turns.js'
import type { Channel, Group } from './channel.js'
import type { Subscription } from './subscription.js'

/** Readers written to between two looks at the clock. */
const batch = 64
/** Of so many parts of fan-outs the delay of one is told. */
const sampled = 64

/** One group's part of a fan-out. It can pause and continue. */
interface GroupPart {
  readonly members: Iterator<Subscription>
  /** Readers when the part began. A reader that joins later has the slice already, or reads it itself. */
  left: number
  /** Who was served last. */
  last: Subscription | undefined
  readonly encode: () => Encoded
}

/** A fan-out that is under way. */
interface Pass {
  readonly slice: Slice
  /** Groups whose part has not begun. */
  readonly groups: Group[]
  part: GroupPart | undefined
}

export class FanOut implements Source {
  readonly #queue = new Set<Channel>()
  readonly #passes = new Map<Channel, Pass>()
  readonly #turns: Turns
  readonly #meter: Meter
  readonly #onError: (thrown: unknown) => void
  /** Parts until the next whose delay is told. */
  #untilSample = sampled

  /** `onError` is called with what serving one reader throws. */
  constructor(turns: Turns, meter: Meter, onError: (thrown: unknown) => void) {
    this.#turns = turns
    this.#meter = meter
    this.#onError = onError
  }

  /** Fans out the channel at the end of this turn; what comes until then leaves in the same write. */
  add(channel: Channel): void {
    this.#queue.add(channel)
    this.#turns.add(this)
  }

  work(deadline: number): boolean {
    for (const channel of this.#queue) {
      this.#queue.delete(channel)
      if (!this.#fan(channel, deadline)) this.#queue.add(channel)
      if (performance.now() > deadline) break
    }
    return this.#queue.size === 0
  }

  /** Slice by slice until the head. False: out of time, it continues later. */
  #fan(channel: Channel, deadline: number): boolean {
    for (;;) {
      const pass = this.#passes.get(channel) ?? this.#begin(channel)
      if (pass === undefined) return true
      if (!this.#go(pass, deadline)) return false
      this.#passes.delete(channel)
      channel.flushed(pass.slice)
      if (pass.slice.closed) return true
    }
  }

  #begin(channel: Channel): Pass | undefined {
    const slice = channel.nextLive()
    if (slice === undefined) return undefined
    const pass = { slice, groups: [...channel.groups], part: undefined }
    this.#passes.set(channel, pass)
    return pass
  }

  #go(pass: Pass, deadline: number): boolean {
    for (;;) {
      pass.part ??= partOf(pass)
      if (pass.part === undefined) return true
      if (!this.#serve(pass.slice, pass.part)) {
        this.#sample(pass.slice, pass.part)
        pass.part = undefined
      }
      if (performance.now() > deadline) return false
    }
  }

  #sample({ to }: Slice, { last }: GroupPart): void {
    if (--this.#untilSample > 0 || last === undefined) return
    this.#untilSample = sampled
    // Of a log that is published to faster than its clock the *when* runs ahead.
    this.#meter.delayed(last.transport, Math.max(0, Date.now() - microsOf(to) / 1_000))
  }

  /** A batch of readers. Answers whether there are more. */
  #serve(slice: Slice, part: GroupPart): boolean {
    const { members, encode } = part
    const end = Math.max(0, part.left - batch)
    for (; part.left > end; part.left--) {
      const { value: subscription, done } = members.next()
      if (done) return false
      part.last = subscription
      try {
        subscription.serve(slice, encode)
      } catch (thrown) {
        // A reader that cannot be served must not stop the others.
        this.#onError(thrown)
        subscription.fail(thrown)
      }
    }
    return end > 0
  }
}

function partOf({ groups, slice }: Pass): GroupPart | undefined {
  const group = groups.pop()
  if (group === undefined) return undefined
  const { framing, members } = group
  let encoded: Encoded | undefined
  const encode = () => {
    encoded ??= { slice, bytes: framing.encode(slice) }
    return encoded
  }
  return { members: members.values(), left: members.size, last: undefined, encode }
}
