/** Server frames of one turn are sent in one write, in order with everything else. */
import type { Connection } from '../../../core/reading/connection.js'
import { asSocketFrame, encodeServerFrame, type OutgoingFrame } from '../../../protocol/anywire-v1.js'

export class FrameBatcher {
  readonly #connection: Connection
  readonly #mostBytes: number
  #frames: Buffer[] = []
  #bytes = 0

  constructor(connection: Connection, mostBytes: number) {
    this.#connection = connection
    this.#mostBytes = mostBytes
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
    if (this.#frames.push(bytes) === 1) setImmediate(() => this.flush())
    // More than one write's worth is sent now: only written bytes count against the room.
    if (this.#bytes > this.#mostBytes) this.flush()
  }

  private flush(): void {
    const [first] = this.#frames
    if (!first) return
    this.#connection.write(this.#frames.length === 1 ? first : Buffer.concat(this.#frames))
    this.#frames = []
    this.#bytes = 0
  }
}
