/** A wire that ends in memory: its client is an array that takes nothing while it is paused. For tests of the core without a network. */
import type { Wire } from '../../../src/core/wire.js'
import type { AnywireError } from '../../../src/protocol/error.js'
import type { Slice } from '../../../src/protocol/message.js'

export class MemoryWire implements Wire {
  drained: (() => void) | undefined
  closed: (() => void) | undefined
  received = 0
  /** What the client has taken, write by write. */
  readonly writes: Buffer[] = []
  /** The slices among them. */
  readonly slices: Slice[] = []
  /** Why it was ended. */
  reason: AnywireError | undefined
  readonly #capacity: number
  #waiting: Buffer[] = []
  #paused = false
  #over = false
  #sent = 0
  #woken: (() => void) | undefined

  /** `capacity` is how many bytes find room while the client is paused. */
  constructor(capacity = 0) {
    this.#capacity = capacity
  }

  get room(): boolean {
    return !this.#over && (!this.#paused || this.queued <= this.#capacity)
  }

  get sent(): number {
    return this.#sent
  }

  /** Bytes that the client has not taken. */
  get queued(): number {
    return this.#waiting.reduce((sum, bytes) => sum + bytes.length, 0)
  }

  get over(): boolean {
    return this.#over
  }

  get text(): string {
    return Buffer.concat(this.writes).toString()
  }

  write(bytes: Buffer, slice?: Slice): boolean {
    if (this.#over) return false
    if (slice) this.slices.push(slice)
    this.#waiting.push(bytes)
    if (!this.#paused) this.take()
    return this.room
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    const full = !this.room
    this.#paused = false
    this.take()
    if (full && !this.#over) this.drained?.()
  }

  close(reason?: AnywireError): void {
    this.reason ??= reason
    if (!this.#paused) this.take()
    this.destroy()
  }

  destroy(): void {
    if (this.#over) return
    this.#over = true
    const { closed } = this
    this.closed = undefined
    closed?.()
    this.#woken?.()
  }

  /** Resolves once what was taken fits, or the wire is over. */
  async until(fits: (wire: MemoryWire) => boolean): Promise<this> {
    while (!fits(this) && !this.#over) await new Promise<void>((resolve) => (this.#woken = resolve))
    return this
  }

  private take(): void {
    for (const bytes of this.#waiting.splice(0)) {
      this.writes.push(bytes)
      this.#sent += bytes.length
    }
    this.#woken?.()
  }
}
