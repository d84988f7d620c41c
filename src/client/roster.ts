/** What the application is told of who is present in a channel. */
import type { Signal } from './signal.js'

/** Somebody who is present. */
export interface Member<State = unknown> {
  /** The id of its principal. */
  readonly member: string
  /** What it says of itself; null if it has said nothing. */
  readonly state: State | null
  /** How many connections it has, those included that were cut off a moment ago. */
  readonly connections: number
  /** When it came, in milliseconds since 1970 by the server's clock. */
  readonly since: number
}

export interface Roster<State = unknown> {
  /** Who is present, in the order in which they came. Empty where only counts are told. */
  readonly members: readonly Member<State>[]
  /** How many are present. */
  readonly count: number
  /** Their connections. */
  readonly connections: number
  /** Ids of some of those who are counted, where names are told. */
  readonly sample: readonly string[]
}

export interface Presence<State = unknown> extends AsyncDisposable {
  readonly channel: string
  /** Who is present; undefined before the server has said so. */
  readonly roster: Signal<Roster<State> | undefined>
  /**
   * Resolves when it is over. See to its rejection.
   * @throws AnywireError what the server refuses for good: who may not see names, say, or a channel without presence.
   */
  readonly closed: Promise<void>
  /**
   * Says how one is here, from now on and after each reconnect; it is sent twice a second at most, the newest. `null`
   * leaves.
   * @throws AnywireError `too-large` over 1 KiB of JSON; `bad-request` for what is no JSON.
   */
  set(state: State | null): void
  /** Is told nothing any more, and is present only as far as the channel is read otherwise. */
  close(): void
}
