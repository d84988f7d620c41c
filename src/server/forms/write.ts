/** PUT, POST and DELETE on a channel's URL. [DS §5.1–5.4] */
import { type PublishOutcome, toCreateError, toError, toRemoveError } from '../../core/publish/outcome.js'
import type { Producer } from '../../core/store.js'
import { lifetimeHeaders, tailHeaders } from '../http/channel-headers.js'
import type { Exchange } from '../http/exchange.js'
import { closes, forkOf, lifetimeOf, producerOf } from '../http/stream-headers.js'
import { header, ownUrl } from '../http/target.js'
import { AppendBody, CreateBody } from './request-body.js'

const noStore = ['Cache-Control', 'no-store']

/** POST: append, close, or both. */
export function append(exchange: Exchange): Promise<void> {
  const { context, request, channel, admission } = exchange
  const producer = producerOf(request)
  const close = closes(request)
  const body = new AppendBody(exchange, close)
  const seq = header(request, 'stream-seq')
  const traceparent = context.tracing && header(request, 'traceparent')
  const command = { channel, body, producer, seq, close, author: admission, traceparent }
  return context.publisher.publish(command).then((outcome) => answer(exchange, outcome, producer, !body.isEmpty))
}

function answer(exchange: Exchange, outcome: PublishOutcome, producer: Producer | undefined, stored: boolean): void {
  const error = toError(outcome, exchange.channel)
  if (error) return exchange.fail(error)
  const headers = [...noStore, ...outcomeHeaders(outcome)]
  if (producer && outcome.kind !== 'duplicate')
    headers.push('Producer-Epoch', String(producer.epoch), 'Producer-Seq', String(producer.seq))
  if (outcome.reply !== undefined) return exchange.send(200, 'application/json', headers, outcome.reply)
  const status = producer && outcome.kind === 'appended' && stored ? 200 : 204
  exchange.empty(headers, status)
}

function outcomeHeaders(outcome: PublishOutcome): string[] {
  if (outcome.kind !== 'appended' && outcome.kind !== 'duplicate') return []
  const headers = ['Stream-Next-Offset', outcome.next]
  if (outcome.closed) headers.push('Stream-Closed', 'true')
  if (outcome.kind === 'duplicate')
    headers.push('Producer-Epoch', String(outcome.epoch), 'Producer-Seq', String(outcome.seq))
  return headers
}

/** PUT: creates the channel, perhaps as a fork, with its first messages and perhaps closed. */
export async function create(exchange: Exchange): Promise<void> {
  const { context, request, channel, admission } = exchange
  const outcome = await context.publisher.create({
    channel,
    ...lifetimeOf(request),
    body: new CreateBody(exchange),
    close: closes(request),
    traceparent: context.tracing && header(request, 'traceparent'),
    fork: forkOf(request, context.path, context.limits.nameBytes),
    author: admission,
  })
  const error = toCreateError(outcome, channel)
  if (error || !('info' in outcome)) return exchange.fail(error)
  const { kind, info } = outcome
  const headers = [...noStore, ...tailHeaders(info), ...lifetimeHeaders(info)]
  if (kind === 'exists') return exchange.send(200, info.contentType ?? '', headers, '')
  exchange.send(201, info.contentType ?? '', [...headers, 'Location', ownUrl(request, context.door.origins)], '')
}

export async function remove(exchange: Exchange): Promise<void> {
  const { context, channel, admission } = exchange
  const error = toRemoveError(await context.publisher.remove({ channel, keepName: true, author: admission }), channel)
  if (error) return exchange.fail(error)
  exchange.empty(noStore)
}
