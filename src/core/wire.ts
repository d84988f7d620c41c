/** The wire seam: what carries bytes to a client. Every wire passes `wireContract`. */
import type { AnywireError } from '../protocol/error.js'
import type { Slice } from '../protocol/message.js'

export interface Wire {
  /**
   * Hands bytes to the network. False: no room any more, wait for `drained`; the bytes of that call are sent all the
   * same. MUST NOT keep a queue of its own. `slice` is what the bytes encode; absent for control bytes.
   */
  write(bytes: Buffer, slice?: Slice): boolean
  /** Whether `write` may be called now. False once closed. */
  readonly room: boolean
  /** Bytes sent and received so far. They show whether a connection is idle or stalled. */
  readonly sent: number
  readonly received: number
  /** The client has said goodbye: it left of its own will (close code 1000). @default it was cut off */
  readonly farewell?: boolean
  /** MUST be called after `write` answered false, once there is room again. Set by the connection. */
  drained: (() => void) | undefined
  /** MUST be called once, when the wire is gone, whoever ended it. Set by the connection. */
  closed: (() => void) | undefined
  /** Closes the wire in good order, with the reason if the wire can carry one. Later calls do nothing. */
  close(reason?: AnywireError): void
  /**
   * Calls the listener once everything written has been sent, or cannot be sent any more. Only after `close`. Absent:
   * nothing is waited for.
   */
  ended?(listener: () => void): void
  /** Ends the wire at once, dropping what is under way. */
  destroy(): void
}
