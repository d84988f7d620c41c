/** The window: the recent part of a log that a node holds, sharing the store's Buffers. */
import type { Message } from '../../protocol/message.js'
import type { Offset } from '../../protocol/offset.js'

export interface WindowLimits {
  readonly messages: number
  readonly bytes: number
}

/** How much may leave in one slice. */
export interface CutLimits {
  readonly bytes: number
  /** End after a message whose number is a multiple of this, so that readers who started apart come to share slices. */
  readonly align?: number | undefined
}

export class Window {
  #messages: Message[] = []
  #first = 0
  #bytes = 0
  #start: Offset
  readonly #limits: WindowLimits

  constructor(head: Offset, limits: WindowLimits) {
    this.#start = head
    this.#limits = limits
  }

  /** The position before the first message held. */
  get start(): Offset {
    return this.#start
  }

  /** The position after the last message. */
  get head(): Offset {
    return this.#messages.at(-1)?.offset ?? this.#start
  }

  get bytes(): number {
    return this.#bytes
  }

  /**
   * Appends messages that follow the head. Answers false and changes nothing if they do not follow it: a wake-up was
   * lost.
   */
  push(messages: readonly Message[]): boolean {
    const first = messages[0]
    if (first === undefined) return true
    if (first.previous !== this.head) return false
    for (const message of messages) {
      this.#messages.push(message)
      this.#bytes += sizeOf(message)
    }
    this.trim()
    return true
  }

  /** Drops everything and starts again at `head`. */
  reset(head: Offset): void {
    this.#messages = []
    this.#first = 0
    this.#bytes = 0
    this.#start = head
  }

  /** Whether the window knows what follows this very position. */
  has(position: Offset): boolean {
    return this.indexAfter(position) >= 0
  }

  /**
   * The messages after `position`, as many as `limits` let through but at least one; undefined if the window does not
   * know what follows it.
   */
  cut(position: Offset, limits: CutLimits): readonly Message[] | undefined {
    const first = this.indexAfter(position)
    if (first < 0) return undefined
    let end = first
    let bytes = 0
    for (; end < this.#messages.length; end++) {
      const message = this.#messages[end]!
      bytes += sizeOf(message)
      if (bytes > limits.bytes && end > first) break
      if (limits.align !== undefined && Number(message.offset.slice(17)) % limits.align === 0) {
        end++
        break
      }
    }
    return this.#messages.slice(first, end)
  }

  /** Everything after `position`; undefined if the window does not know what follows it. */
  after(position: Offset): readonly Message[] | undefined {
    const first = this.indexAfter(position)
    return first < 0 ? undefined : this.#messages.slice(first)
  }

  /** The index of the message after `position`, or -1 if the position is not one of the window's. */
  private indexAfter(position: Offset): number {
    const messages = this.#messages
    if (position === this.head) return messages.length
    if (position === this.#start) return this.#first
    let low = this.#first
    let high = messages.length - 1
    while (low <= high) {
      const middle = (low + high) >> 1
      const offset = messages[middle]!.offset
      if (offset === position) return middle + 1
      if (offset < position) low = middle + 1
      else high = middle - 1
    }
    return -1
  }

  private trim(): void {
    while (
      this.#messages.length - this.#first > this.#limits.messages ||
      (this.#bytes > this.#limits.bytes && this.#messages.length - this.#first > 1)
    ) {
      const message = this.#messages[this.#first++]!
      this.#bytes -= sizeOf(message)
      this.#start = message.offset
    }
    // The trimmed front is removed at once when it is as long as the rest: constant cost per message.
    if (this.#first > 64 && this.#first * 2 > this.#messages.length) {
      this.#messages = this.#messages.slice(this.#first)
      this.#first = 0
    } else if (this.#first > 0) {
      this.forget()
    }
  }

  /** Releases the Buffers of the trimmed front. */
  private forget(): void {
    for (let i = this.#first - 1; i >= 0 && this.#messages[i] !== forgotten; i--) this.#messages[i] = forgotten
  }
}

const forgotten: Message = { offset: '', previous: '', data: undefined }

/** Memory of a message: its bytes, plus an estimate for its objects. */
export function sizeOf(message: Message): number {
  return (message.data?.length ?? 0) + (message.key?.length ?? 0) + (message.event?.length ?? 0) + 64
}
