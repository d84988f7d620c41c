/** Plain poll: `GET ?live=poll`, answered with whatever comes while the request waits. PROTOCOL.md 3.6. */
import type { ConnectionEvents } from '../../core/reading/connection.js'
import type { Opening } from '../../core/reading/delivery.js'
import { gapError } from '../../core/reading/gap-error.js'
import type { Subscription } from '../../core/reading/subscription.js'
import { storeDown } from '../../core/store-down.js'
import { timed } from '../../core/wheel.js'
import { pollBody } from '../../protocol/body.js'
import type { Framing } from '../../protocol/framing.js'
import type { Gap, Slice } from '../../protocol/message.js'
import { sendParts } from '../http/compressed.js'
import type { Exchange } from '../http/exchange.js'
import { openPoll, Poll } from './poll-wait.js'

const noStore = ['Cache-Control', 'no-store']

export function plainPoll(exchange: Exchange): void | Promise<void> {
  return openPoll(exchange, { kind: 'now' }, (opened) => {
    const framing = newsOnly(pollBody(opened.log.kind))
    new PlainPoll(exchange, opened, framing).wait(opened, framing)
  })
}

/** Tombstones alone are no answer: the poll keeps waiting. */
function newsOnly({ name, encode }: Framing): Framing {
  const nothing = Buffer.alloc(0)
  return { name, encode: (slice) => (slice.messages.some(({ data }) => data) ? encode(slice) : nothing) }
}

/** How long to wait for the store at a time, and how often at most. */
const settleMs = 100

/**
 * Its reader has no position to resume from: messages published before the end of the time are waited for, if the
 * store has them.
 */
class PlainPoll extends Poll implements ConnectionEvents {
  #rounds: number

  constructor(exchange: Exchange, opened: Opening, framing: Framing) {
    super(exchange, opened, framing, 'poll')
    this.#rounds = Math.ceil(exchange.context.limits.storeMs / settleMs)
    this.connection.listen(this)
  }

  protected answer(slice: Slice, body: Buffer): void {
    if (body.length === 0) return this.answerNothing()
    sendParts(this.exchange, 'application/json', noStore, [{ bytes: body, slice }])
  }

  protected answerNothing(): void {
    this.exchange.empty(noStore)
  }

  /** After a reset all messages come from the new beginning. Other gaps contain messages that it waited for. */
  gap(_subscription: Subscription, gap: Gap): boolean {
    if (gap.reason === 'reset') return true
    this.connection.close(gapError(this.log.name, gap))
    return false
  }

  protected override end(): void {
    const settled = this.log.ready && this.subscription?.state !== 'reading'
    if (settled) super.end()
    else if (this.#rounds-- > 0) this.#again()
    else super.end(storeDown(new Error('A plain poll waited in vain for the store.')))
  }

  #again(): void {
    const { wheel } = this.exchange.context.delivery
    wheel.schedule(
      timed(() => this.timeUp()),
      settleMs,
    )
  }
}
