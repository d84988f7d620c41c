/** Messages of a WebSocket that are not whole: counts their bytes, and ends the connection if they are too many. */
import type { Connection } from '../../core/reading/connection.js'
import type { Timed, Wheel } from '../../core/wheel.js'
import { AnywireError } from '../../protocol/error.js'
import type { ServerSocket } from '../../wires/server-socket.js'
import { type Receipt, uncounted } from './receiving.js'

export interface UnfinishedOptions {
  readonly webSocket: ServerSocket
  readonly connection: Connection
  readonly receipt: Receipt
  readonly wheel: Wheel
  /** How long a counted message may take, as a body. Pings keep the connection alive, but do not extend this. */
  readonly wholeMs: number
}

/** How long a client may take to close that is disconnected for what it holds. */
const closingMs = 1_000

export class Unfinished implements Timed {
  tick = 0
  older: Timed | undefined
  newer: Timed | undefined
  readonly #options: UnfinishedOptions
  #ending = false

  constructor(options: UnfinishedOptions) {
    this.#options = options
  }

  /** So many bytes are here of a message that is not whole; `most` may be. */
  hold(held: number, most: number): void {
    const { webSocket, receipt, wheel, wholeMs } = this.#options
    if (this.#ending || webSocket.state === 'closed') return
    try {
      if (held > most) throw new AnywireError('too-large', `A frame has at most ${most} bytes here.`)
      receipt.hold(held > uncounted ? held : 0)
    } catch (thrown) {
      return this.#end(thrown)
    }
    if (held <= uncounted) wheel.cancel(this)
    else if (this.tick === 0) wheel.schedule(this, wholeMs)
  }

  /** A message is whole, or the connection gone: what is whole is not counted twice where it has to wait. */
  over(): void {
    const { receipt, wheel } = this.#options
    wheel.cancel(this)
    receipt.hold(0)
  }

  /** The message took too long. */
  fire(): void {
    this.#end(new AnywireError('timeout', `A message has to be whole within ${this.#options.wholeMs} ms.`))
  }

  #end(thrown: unknown): void {
    const { connection, webSocket } = this.#options
    this.#ending = true
    connection.close(AnywireError.from(thrown))
    setTimeout(() => webSocket.terminate(), closingMs).unref()
  }
}
