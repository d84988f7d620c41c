/** Answers the pings of a client while there is room; a client that does not read gets no answer. */
import type { Connection } from '../../core/reading/connection.js'
import { frame, opcodes } from '../../protocol/websocket-frame.js'

/**
 * RFC 6455 §5.5.3: of several unanswered pings, only the last needs a pong. So there is one pong at once, and one for
 * all others of the turn.
 */
export class Pongs {
  readonly #connection: Connection
  #resting = false
  #last: Buffer | undefined

  constructor(connection: Connection) {
    this.#connection = connection
  }

  answer(ping: Buffer): void {
    if (this.#resting) {
      this.#last = ping
      return
    }
    this.#resting = true
    this.#send(ping)
    setImmediate(() => {
      this.#resting = false
      if (this.#last) this.#send(this.#last)
      this.#last = undefined
    })
  }

  /** Written through the connection, so that it counts against the room. */
  #send(ping: Buffer): void {
    if (!this.#connection.full) this.#connection.write(frame(opcodes.pong, ping))
  }
}
