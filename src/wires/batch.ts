/** The wire of one batch: collects what comes in the turn in which there is news, and answers once. */
import type { ServerResponse } from 'node:http'
import type { Wire } from '../core/wire.js'
import type { AnywireError } from '../protocol/error.js'
import type { Slice } from '../protocol/message.js'
import type { BodyPart } from './compressor.js'
import { EndingWire } from './ending.js'

export class BatchWire extends EndingWire implements Wire {
  readonly sent = 0
  readonly received = 0
  readonly #most: number
  readonly #answer: (parts: readonly BodyPart[], reason: AnywireError | undefined) => void
  readonly #parts: BodyPart[] = []
  /** Of slices: however many subscriptions are answered, messages have room. */
  #bytes = 0
  #news = false
  #held = false

  /**
   * `answer` is called at most once, with all that was collected (`most` bytes of slices, and what is left of the last),
   * and with why it ends if that is not news or the time.
   */
  constructor(
    response: ServerResponse,
    most: number,
    answer: (parts: readonly BodyPart[], reason: AnywireError | undefined) => void,
  ) {
    super(response)
    this.#most = most
    this.#answer = answer
  }

  /** Room for what all channels have in this turn: with room for one slice, a busy channel would hold up the others. */
  get room(): boolean {
    return !this.over && this.#bytes < this.#most
  }

  write(bytes: Buffer, slice?: Slice): boolean {
    if (bytes.length > 0) this.add({ bytes, slice }, true)
    return this.room
  }

  /** Adds a part; `news` lets the batch leave at the end of this turn, or of that in which it is released. */
  add(part: BodyPart, news: boolean): void {
    if (this.over) return
    this.#parts.push(part)
    if (part.slice) this.#bytes += part.bytes.length
    if (!news || this.#news) return
    this.#news = true
    if (!this.#held) this.#leave()
  }

  /** News waits until `release`. */
  hold(): void {
    this.#held = true
  }

  release(): void {
    this.#held = false
    if (this.#news) this.#leave()
  }

  #leave(): void {
    setImmediate(() => this.close())
  }

  /** Answers with what there is. */
  close(reason?: AnywireError): void {
    if (this.over) return
    this.over = true
    this.#answer(this.#parts, reason)
    this.tell()
  }
}
