/** What both polls share: a request that waits for one slice of its channel. */
import { Connection } from '../../core/reading/connection.js'
import type { Opening } from '../../core/reading/delivery.js'
import type { Subscription } from '../../core/reading/subscription.js'
import type { AnywireError } from '../../protocol/error.js'
import type { Framing } from '../../protocol/framing.js'
import type { Slice } from '../../protocol/message.js'
import type { Offset, Position } from '../../protocol/offset.js'
import { PollWire } from '../../wires/poll.js'
import type { FormHooks } from '../form-hooks.js'
import type { Exchange } from '../http/exchange.js'

/** The position of a reader that got nothing. */
export type PollPlace = Pick<Slice, 'to' | 'upToDate' | 'closed'>

/**
 * Opens the channel of a poll, and lets it wait. Without a promise where the window knows the position.
 * @throws (or rejects with) AnywireError
 */
export function openPoll(
  exchange: Exchange,
  position: Position,
  wait: (opened: Opening) => void,
): void | Promise<void> {
  const { context, channel } = exchange
  const begin = (opened: Opening) => {
    const { result } = opened
    if (result.kind === 'page') return wait(opened)
    opened.release()
    throw context.lossOf(channel, result)
  }
  const opening = context.open(channel, position)
  return opening instanceof Promise ? opening.then(begin) : begin(opening)
}

/**
 * A request that waits until there is a slice, the channel ends, or the time is up. Thousands wait at a time, so it is
 * one object that is its own hooks, and keeps nothing of its opening.
 */
export abstract class Poll implements FormHooks {
  readonly lifeMs: number
  readonly asksAgain = true
  protected readonly exchange: Exchange
  protected readonly log: Opening['log']
  protected readonly connection: Connection
  /** Where it began. */
  readonly #position: Offset
  protected subscription: Subscription | undefined

  constructor(exchange: Exchange, { log, position = '' }: Opening, framing: Framing, transport: string) {
    const { context, admission, response } = exchange
    this.exchange = exchange
    this.lifeMs = context.limits.pollMs
    this.log = log
    this.#position = position
    const wire = new PollWire(response, (polled) => {
      if (polled.kind === 'closed' && polled.reason) return exchange.fail(polled.reason)
      exchange.staysHere = true
      if (polled.kind === 'slice') this.answer(polled.slice, polled.body)
      else this.answerNothing(this.#place)
    })
    this.connection = new Connection({
      wire,
      heartbeat: framing.heartbeat,
      principal: admission.principal,
      transport,
      wheel: context.delivery.wheel,
      times: context.limits,
      single: true,
    })
  }

  /** Answers with a slice, which may bring nothing that the form spells. */
  protected abstract answer(slice: Slice, body: Buffer): void
  /** Nothing came in time, or nothing will. */
  protected abstract answerNothing(place: PollPlace): void

  /** Holds the request. `opened`: what it was made of. @throws AnywireError where there is no room for it. */
  wait(opened: Opening, framing: Framing): void {
    const { exchange, connection } = this
    exchange.rest()
    try {
      exchange.context.welcome(connection, exchange.admission, this, [exchange.channel])
    } catch (thrown) {
      opened.release()
      throw thrown
    }
    if (connection.closed) opened.release()
    else this.subscription = opened.start(connection, framing)
  }

  timeUp(): void {
    this.connection.flush()
    if (!this.connection.closed) this.end()
  }

  /** The time is up, and nothing has come. */
  protected end(reason?: AnywireError): void {
    this.connection.close(reason)
  }

  /** The position in the 204: that of this reader, which may be behind the head. */
  get #place(): PollPlace {
    const { log } = this
    const to = this.subscription?.position ?? this.#position
    const upToDate = log.ready && to === log.head
    return { to, upToDate, closed: upToDate && log.closed }
  }
}
