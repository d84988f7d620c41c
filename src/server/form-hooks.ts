/** What the hub asks of a form, of each of its connections. */
import type { Connection } from '../core/reading/connection.js'
import type { AnywireError } from '../protocol/error.js'
import type { ChannelName } from '../protocol/name.js'

/** What the hub asks of the form that a connection has. */
export interface FormHooks {
  /** Tells the client to reconnect after `retryMs`, if the form can. The connection is closed afterwards. */
  drain?(retryMs: number, connection: Connection): void
  /** Its client opens the next connection before it leaves this one: it is served until then. */
  readonly switches?: true
  /** Its client asks again after each answer: a hub that leaves answers it until its turn has come. */
  readonly asksAgain?: true
  /**
   * Ends the subscription to one channel of a connection of many, and returns a function that tells the client why:
   * without a reason, that it may no longer read it. Absent: the connection is closed.
   */
  revoke?(channel: ChannelName, reason: AnywireError | undefined): (() => void) | undefined
  /** Whether a connection of many channels reads this one, or is about to. Absent: its subscriptions say so. */
  reads?(channel: ChannelName): boolean
  /**
   * Its client connects again by itself, and cannot show another credential meanwhile: it is told to shortly before the
   * credential expires.
   */
  readonly comesBack?: true
  /** The connection is ended, without a reason, after so long. */
  readonly lifeMs?: number
  /** Called when `lifeMs` are over, instead of ending the connection. */
  timeUp?(): void
}
