/** What the parts of a hub's server share. */

import type { IncomingMessage } from 'node:http'
import type { Revocation } from '../core/access/revoked.js'
import type { Limits } from '../core/limits.js'
import type { Meter } from '../core/meter.js'
import type { Publisher } from '../core/publish/publisher.js'
import type { Connection } from '../core/reading/connection.js'
import type { Delivery, Opening } from '../core/reading/delivery.js'
import type { Principal } from '../core/rule.js'
import type { RuleTable } from '../core/rule-table.js'
import type { ReadResult, Store } from '../core/store.js'
import type { Tracing } from '../core/tracing.js'
import type { RequestLimits } from '../protocol/anywire-v1.js'
import type { AnywireError } from '../protocol/error.js'
import type { ChannelName } from '../protocol/name.js'
import type { Position } from '../protocol/offset.js'
import type { Compressor } from '../wires/compressor.js'
import type { Connections } from './connections.js'
import type { AcceptPace } from './door/accept-pace.js'
import type { AnswerTurns } from './door/answer-turns.js'
import type { BodyTimes } from './door/body-times.js'
import type { Admission, Door } from './door/door.js'
import type { FrameTime } from './door/frame-time.js'
import type { Receiving } from './door/receiving.js'
import type { FormHooks } from './form-hooks.js'
import type { CompressedPages } from './http/compressed-pages.js'
import type { HeadQuirk } from './http/varnish.js'
import type { Nodes } from './nodes/nodes.js'
import type { Sweeper } from './presence/swept.js'
import type { RevokeTarget } from './revocation/target.js'

export interface Context {
  /** The mount path. */
  readonly path: string
  readonly create: 'on-use' | 'explicit'
  readonly limits: Limits
  /** For reading only: writes go through the publisher. */
  readonly store: Omit<Store, 'append' | 'create' | 'delete' | 'close'>
  readonly meter: Meter
  /** Is told of single deeds, where somebody traces. */
  readonly tracing: Tracing | undefined
  /** A request was refused. */
  refused(request: IncomingMessage, error: AnywireError): void
  /** How much one frame or body of `anywire.v1` may ask for. */
  readonly requestLimits: RequestLimits
  readonly rules: RuleTable
  readonly publisher: Publisher
  readonly delivery: Delivery
  /** Compresses what rules let be compressed, once. */
  readonly compressor: Compressor
  /** Pages that were compressed of late. */
  readonly pages: CompressedPages
  readonly door: Door
  readonly connections: Connections
  /** How fast new connections are let in. */
  readonly pace: AcceptPace
  /** Which credentials were revoked. */
  readonly revocations: {
    /** Why this credential, or its use of the channel, is refused; undefined: it is not. */
    refusal(principal: Principal, channel?: ChannelName): AnywireError | undefined
    /** Rejects if the target cannot be, or could not be written. */
    revoke(target: RevokeTarget): Promise<Revocation>
  }
  readonly presence: Sweeper
  /**
   * Before a channel is read that the hub keeps, a roster or statistics: resolves when it says what is so. Undefined:
   * there is nothing to wait for.
   * @throws (or rejects with) AnywireError if it cannot be known.
   */
  ready(channel: ChannelName): Promise<void> | undefined
  /** Bodies and frames that are not whole yet. */
  readonly receiving: Receiving
  /** How long bodies may take. */
  readonly bodyTimes: BodyTimes
  /** How long what WebSockets send may hold the loop. */
  readonly frameTime: FrameTime
  /** When an answer may be begun. */
  readonly turns: AnswerTurns
  /** The other nodes of the store. */
  readonly nodes: Nodes
  readonly headQuirk: HeadQuirk
  /** The hub is closing: nobody is let in any more. */
  readonly draining: boolean
  /** Clients are sent away, and those whose turn has not come are served still. Also when the hub is closing. */
  readonly sendsAway: boolean
  /**
   * Registers a connection until it is gone, with the hooks of its form. It is closed at once if its principal, or a
   * reader of one of these channels, was disconnected while it was being opened. A reader in this process has no
   * admission.
   * @throws AnywireError `too-many`, and `draining` where the hub has begun to close meanwhile.
   */
  welcome(connection: Connection, admission?: Admission, hooks?: FormHooks, channels?: readonly ChannelName[]): void
  /**
   * Begins a reading, at once if the window knows where.
   * @throws (or rejects with) AnywireError `unknown-channel` where only PUT creates.
   */
  open(channel: ChannelName, position: Position): Opening | Promise<Opening>
  /**
   * Whether `welcome` would let one more in: asked before a head is written, since after it there is no status to
   * refuse with.
   * @throws AnywireError `too-many`.
   */
  checkRoom(address: string): void
  /** The error for a result that is no page. */
  lossOf(channel: ChannelName, result: Exclude<ReadResult, { kind: 'page' }>): AnywireError
  /** Makes an `AnywireError` of what was thrown, and tells `onError` if it is our fault. */
  report(thrown: unknown): AnywireError
}
