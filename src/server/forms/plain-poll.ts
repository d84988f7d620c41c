/** Plain poll: `GET ?live=poll`, answered with whatever comes while the request waits. PROTOCOL.md 3.6. */
import { pollBody } from '../../protocol/body.js'
import type { Framing } from '../../protocol/framing.js'
import type { PollAnswer } from '../../wires/poll.js'
import { sendParts } from '../http/compressed.js'
import type { Exchange } from '../http/exchange.js'
import { waitForSlice } from './poll-wait.js'

const noStore = ['Cache-Control', 'no-store']

export async function plainPoll(exchange: Exchange): Promise<void> {
  const opened = await exchange.context.open(exchange.channel, { kind: 'now' })
  const { result, log } = opened
  if (result.kind !== 'page') {
    opened.release()
    throw exchange.context.lossOf(exchange.channel, result)
  }
  const answerPoll = (answer: PollAnswer) => {
    if (answer.kind === 'slice' && answer.body.length > 0)
      sendParts(exchange, 'application/json', noStore, [{ bytes: answer.body, slice: answer.slice }])
    else exchange.empty(noStore)
  }
  waitForSlice(exchange, opened, { framing: newsOnly(pollBody(log.kind)), settles: true }, answerPoll)
}

/** Tombstones alone are no answer: the poll keeps waiting. */
function newsOnly({ name, encode }: Framing): Framing {
  const nothing = Buffer.alloc(0)
  return { name, encode: (slice) => (slice.messages.some(({ data }) => data) ? encode(slice) : nothing) }
}
