/** A channel that is followed, and a hold on it. */
import type { Channel } from '../reading/channel.js'
import type { Timed } from '../wheel.js'
import type { Alive } from './alive.js'

/** A channel, and what is under way for it. */
export interface Followed {
  readonly channel: Channel
  /** Until wake-ups flow and it is known where the log stands. */
  following: Promise<void> | undefined
  /** Told once of the first answer. */
  placed: { resolve(): void; reject(thrown: unknown): void } | undefined
  /** Openings under way; the channel is followed as long as there are any, or subscriptions. */
  holds: number
  /** Renews the TTL while there are readers. */
  readonly alive: Alive
  /** The store could not say where the log stands, and its readers have been told. */
  away: boolean
  /** Ends the following when nobody has come back. */
  readonly linger: Timed
}

/** A channel that is followed for an opening. */
export interface Held {
  readonly channel: Channel
  /** Until it is known where the log stands; undefined: it is known. */
  readonly following: Promise<void> | undefined
  /** Lets go of it. Called once. */
  release(): void
}
