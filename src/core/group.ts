/** A group: the live readers of one framing in one channel, all of whom get the same bytes. */
import type { Framing } from '../protocol/framing.js'
import type { Subscription } from './subscription.js'

/** Holes that are not worth a look. */
const fewHoles = 64

export class Group {
  readonly framing: Framing
  /** A reader that has left leaves a hole. */
  members: (Subscription | undefined)[] = []
  /** A fan-out is at work on it: no member may change its place. */
  busy = false
  #holes = 0

  constructor(framing: Framing) {
    this.framing = framing
  }

  get empty(): boolean {
    return this.#holes === this.members.length
  }

  join(subscription: Subscription): void {
    subscription.slot = this.members.push(subscription) - 1
  }

  leave(subscription: Subscription): void {
    const { slot } = subscription
    if (this.members[slot] !== subscription) return
    this.members[slot] = undefined
    subscription.slot = -1
    this.#holes++
    if (!this.busy && this.#holes > fewHoles && this.#holes * 2 > this.members.length) this.compact()
  }

  /** Closes the holes. Not while it is busy. */
  compact(): void {
    if (this.#holes === 0) return
    this.members = this.members.filter((subscription) => subscription !== undefined)
    this.members.forEach((subscription, slot) => {
      subscription!.slot = slot
    })
    this.#holes = 0
  }
}
