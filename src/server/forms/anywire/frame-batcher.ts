/** Server frames of one turn are sent in one write, in order with everything else. */
import type { Connection } from '../../../core/reading/connection.js'
import { asSocketFrame, encodeServerFrame, type OutgoingFrame } from '../../../protocol/anywire-v1.js'
import type { SessionOutput } from './session.js'

export class FrameBatcher implements SessionOutput {
  readonly #connection: Connection
  readonly #mostBytes: number
  /** Answers that wait for the end of the turn. */
  #frames: Buffer[] | undefined
  #bytes = 0

  constructor(connection: Connection, mostBytes: number) {
    this.#connection = connection
    this.#mostBytes = mostBytes
  }

  get full(): boolean {
    return this.#connection.full
  }

  send(frame: OutgoingFrame): void {
    const bytes = asSocketFrame(encodeServerFrame(frame))
    // Answers need no order with the data; everything else does. An error that answers nothing may be the last frame.
    const isAnswer = frame.type === 'published' || (frame.type === 'error' && (frame.id ?? frame.channel) !== undefined)
    if (!isAnswer) {
      this.flush()
      this.#connection.write(bytes)
      return
    }
    this.#bytes += bytes.length
    if (this.#frames) this.#frames.push(bytes)
    else {
      this.#frames = [bytes]
      setImmediate(() => this.flush())
    }
    // More than one write's worth is sent now: only written bytes count against the room.
    if (this.#bytes > this.#mostBytes) this.flush()
  }

  private flush(): void {
    const [first, ...others] = this.#frames ?? []
    if (!first) return
    this.#frames = undefined
    this.#bytes = 0
    this.#connection.write(others.length === 0 ? first : Buffer.concat([first, ...others]))
  }
}
