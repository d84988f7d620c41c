/** The wire of a long poll: room for one slice, which is the answer. */
import type { ServerResponse } from 'node:http'
import type { Wire } from '../core/wire.js'
import type { AnywireError } from '../protocol/error.js'
import type { Slice } from '../protocol/message.js'
import { EndingWire } from './ending.js'

/** What became of the wait. */
export type PollAnswer =
  | { readonly kind: 'slice'; readonly slice: Slice; readonly body: Buffer }
  /** Without a reason: nothing came in time, or nothing will. With one: a gap, a missing right, a shutdown. */
  | { readonly kind: 'closed'; readonly reason: AnywireError | undefined }

export class PollWire extends EndingWire implements Wire {
  readonly sent = 0
  readonly received = 0
  readonly #answer: (answer: PollAnswer) => void

  /** `answer` is called at most once, and ends the response. */
  constructor(response: ServerResponse, answer: (answer: PollAnswer) => void) {
    super(response)
    this.#answer = answer
  }

  get room(): boolean {
    return !this.over
  }

  write(body: Buffer, slice?: Slice): boolean {
    if (slice) this.finish({ kind: 'slice', slice, body })
    return false
  }

  close(reason?: AnywireError): void {
    this.finish({ kind: 'closed', reason })
  }

  private finish(answer: PollAnswer): void {
    if (this.over) return
    this.over = true
    this.#answer(answer)
    this.tell()
  }
}
