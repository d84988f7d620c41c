/** The wire of one batch: collects what comes in the turn in which there is news, and answers once. */
import type { ServerResponse } from 'node:http'
import type { Wire } from '../core/wire.js'
import type { Slice } from '../protocol/message.js'
import type { BodyPart } from './compressor.js'
import { EndingWire } from './ending.js'

export class BatchWire extends EndingWire implements Wire {
  readonly sent = 0
  readonly received = 0
  readonly #answer: (parts: readonly BodyPart[]) => void
  readonly #parts: BodyPart[] = []
  #ripe = false

  /** `answer` is called at most once, with all that was collected. */
  constructor(response: ServerResponse, answer: (parts: readonly BodyPart[]) => void) {
    super(response)
    this.#answer = answer
  }

  /** Room for one slice: what comes later is for the next batch. */
  get room(): boolean {
    return !this.over && !this.#ripe
  }

  write(bytes: Buffer, slice?: Slice): boolean {
    if (bytes.length > 0) this.add({ bytes, slice }, true)
    return slice === undefined && this.room
  }

  /** Adds a part; `news` lets the batch leave at the end of this turn. */
  add(part: BodyPart, news: boolean): void {
    if (this.over) return
    this.#parts.push(part)
    if (!news || this.#ripe) return
    this.#ripe = true
    setImmediate(() => this.close())
  }

  /** Answers with what there is. */
  close(): void {
    if (this.over) return
    this.over = true
    this.#answer(this.#parts)
    this.tell()
  }
}
