/** The state of a client's connection, and what was measured. */
import type { ErrorCode } from '../protocol/error.js'
import type { Transport } from './link.js'

/** `idle`: nothing was asked for yet; `waiting`: until the next attempt, or for the network; `closed`: for good. */
export type State = 'idle' | 'connecting' | 'open' | 'waiting' | 'closed'

/**
 * Of the connection, which may serve other tabs too, since it was first asked for. Times are milliseconds. *total =
 * connect + transfer + push delay*: the first three of them.
 */
export interface Stats {
  readonly transport?: Transport | undefined
  /** From the first byte sent to the proof that the transport carries both ways. */
  readonly connectMs?: number | undefined
  /** One way, server to client: half of the newest round trip. */
  readonly transferMs?: number | undefined
  /**
   * From the append of the newest live message to its arrival here, less the transfer; undefined before there was one,
   * and where the server's clock is not known.
   */
  readonly pushMs?: number | undefined
  readonly roundTripMs?: number | undefined
  /** Received. */
  readonly bytes: number
  /** Messages received, counted once each. */
  readonly messages: number
  /** Links opened after the first one. */
  readonly reconnects: number
  /** Announced losses. */
  readonly gaps: number
  /**
   * Why there is no connection, while that may pass: with `unauthorized` the credential was refused, and is asked for
   * again.
   */
  readonly error?: { readonly code: ErrorCode; readonly message: string } | undefined
  /** What was decided about transports, newest last: at most 20 sentences. */
  readonly decisions: readonly string[]
}
