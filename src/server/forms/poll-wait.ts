/** What both polls share: a request that waits for one slice of its channel. */
import { Connection } from '../../core/reading/connection.js'
import type { Opening } from '../../core/reading/delivery.js'
import { gapError } from '../../core/reading/gap-error.js'
import type { Subscription } from '../../core/reading/subscription.js'
import { storeDown } from '../../core/store-down.js'
import { timed } from '../../core/wheel.js'
import type { Framing } from '../../protocol/framing.js'
import type { Gap, Slice } from '../../protocol/message.js'
import { type PollAnswer, PollWire } from '../../wires/poll.js'
import type { Exchange } from '../http/exchange.js'

/** The position of a reader that got nothing. */
type PollPlace = Pick<Slice, 'to' | 'upToDate' | 'closed'>

interface PollWait {
  readonly framing: Framing
  /**
   * The reader has no position to resume from: messages published before the end of the time are waited for, if the
   * store has them.
   */
  readonly settles?: boolean
}

/** How long to wait for the store at a time, and how often at most. */
const settleMs = 100

/** Holds the request until there is a slice, the channel ends, or the time is up. */
export function waitForSlice(
  exchange: Exchange,
  opened: Opening,
  { framing, settles = false }: PollWait,
  answer: (answer: PollAnswer, place: PollPlace) => void,
): void {
  const { context, admission, response } = exchange
  const { wheel } = context.delivery
  let subscription: Subscription | undefined
  const wire = new PollWire(response, (polled) => {
    if (polled.kind === 'closed' && polled.reason) return exchange.fail(polled.reason)
    exchange.staysHere = true
    answer(polled, placeOf(opened, subscription))
  })
  const connection = new Connection({
    wire,
    heartbeat: framing.heartbeat,
    principal: admission.principal,
    transport: settles ? 'poll' : 'long-poll',
    wheel,
    times: context.limits,
    single: true,
  })
  if (settles) connection.listen({ gap: (_subscription, gap) => passes(connection, opened, gap) })
  let rounds = Math.ceil(context.limits.storeMs / settleMs)
  const timeUp = () => {
    connection.flush()
    if (connection.closed) return
    const settled = !settles || (opened.log.ready && subscription?.state !== 'reading')
    if (settled) connection.close()
    else if (rounds-- > 0) wheel.schedule(timed(timeUp), settleMs)
    else connection.close(storeDown(new Error('A plain poll waited in vain for the store.')))
  }
  exchange.rest()
  try {
    const hooks = { lifeMs: context.limits.pollMs, timeUp, asksAgain: true } as const
    context.welcome(connection, admission, hooks, [exchange.channel])
  } catch (thrown) {
    opened.release()
    throw thrown
  }
  if (connection.closed) opened.release()
  else subscription = opened.start(connection, framing)
}

/** The position in the 204: that of this reader, which may be behind the head. */
function placeOf({ log, position }: Opening, subscription: Subscription | undefined): PollPlace {
  const to = subscription?.position ?? position ?? ''
  const upToDate = log.ready && to === log.head
  return { to, upToDate, closed: upToDate && log.closed }
}

/** After a reset all messages come from the new beginning. Other gaps contain messages that the reader waited for. */
function passes(connection: Connection, { log }: Opening, gap: Gap): boolean {
  if (gap.reason === 'reset') return true
  connection.close(gapError(log.name, gap))
  return false
}
