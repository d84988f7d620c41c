/** The wire seam: what bytes travel on. Every wire passes `wireContract`. */
import type { AnywireError } from '../protocol/error.js'
import type { Slice } from '../protocol/message.js'

export interface Wire {
  /**
   * Hands bytes to the network; false means: no room any more, wait for `drained`. The bytes of that call are on their way all the same.
   * MUST NOT keep a queue of its own. `slice` is what the bytes spell, absent for control bytes.
   */
  write(bytes: Buffer, slice?: Slice): boolean
  /** Whether `write` may be called now. False once closed. */
  readonly room: boolean
  /** Bytes sent and received so far: what tells a silent connection from a stalled one. */
  readonly sent: number
  readonly received: number
  /** MUST be called after `write` answered false, once there is room again. Set by the connection. */
  drained: (() => void) | undefined
  /** MUST be called once, when the wire is gone, whoever ended it. Set by the connection. */
  closed: (() => void) | undefined
  /** Ends the wire in good order; a reason is told where the wire can tell it. Later calls do nothing. */
  close(reason?: AnywireError): void
  /** Calls the listener once all that was written has left or cannot leave any more. Only after `close`. Absent: nothing is waited for. */
  ended?(listener: () => void): void
  /** Ends the wire at once, dropping what is under way. */
  destroy(): void
}
