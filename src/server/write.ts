/** PUT, POST and DELETE on a channel's URL. [DS §5.1–5.4] */
import { checkContentType } from '../core/fields.js'
import type { Limits } from '../core/limits.js'
import { fullError, type PublishOutcome, toError } from '../core/outcome.js'
import { contextOf, mayPublish } from '../core/rule.js'
import type { CreateResult, NewMessage, Producer } from '../core/store.js'
import { AnywireError } from '../protocol/error.js'
import { parseJson } from '../protocol/json.js'
import { messagesOf } from '../protocol/json-array.js'
import { kindOf, mediaType } from '../protocol/message.js'
import { readBody } from './body.js'
import { lifetimeHeaders, tailHeaders, unknownChannel } from './catch-up.js'
import type { Exchange } from './exchange.js'
import { closes, forkOf, lifetimeOf, messageField, producerOf } from './stream-headers.js'
import { header, ownUrl } from './target.js'

const noStore = ['Cache-Control', 'no-store']
/** What `curl -d` and forms say of a body whatever it holds. */
const formType = 'application/x-www-form-urlencoded'

/** POST: append, close, or both. */
export async function append(exchange: Exchange): Promise<void> {
  const { context, request, channel, admission } = exchange
  const producer = producerOf(request)
  const close = closes(request)
  const key = messageField(request, 'message-key')
  const event = messageField(request, 'message-event')
  const body = await readBody(request, context.limits.bodyBytes)
  const contentType = header(request, 'content-type')
  const lenientType = context.create === 'on-use' && (contentType === undefined || mediaType(contentType) === formType)
  const empty = body.length === 0
  if (empty && !close && key === undefined)
    throw new AnywireError('bad-request', 'The body is empty: send a message, or Stream-Closed: true to close.')
  if (!empty && contentType === undefined && !lenientType)
    throw new AnywireError('bad-request', 'Content-Type is missing: send that of the channel.')
  const messages = empty
    ? key === undefined
      ? []
      : [{ data: undefined, key, event }]
    : (type: string) => messagesFrom(body, type, context.limits).map((message) => ({ ...message, key, event }))
  context.allow(admission.principal, admission.address)
  context.doubts.settle(channel)
  const outcome = await context.publisher.publish({
    channel,
    messages,
    valid: true,
    contentType: empty ? undefined : contentType,
    lenientType,
    producer,
    seq: header(request, 'stream-seq'),
    close,
    principal: admission.principal,
  })
  answer(exchange, outcome, producer, messages.length > 0)
}

/**
 * The messages of a body: the elements of a JSON array, or the body as it is.
 * @throws AnywireError `bad-request` for what is no JSON in a JSON channel, or an empty array.
 */
export function messagesFrom(body: Uint8Array, contentType: string, limits: Limits, mayBeNone = false): NewMessage[] {
  if (kindOf(contentType) !== 'json') return [{ data: body }]
  parseJson(body, 'The body', { depth: limits.jsonDepth, messages: limits.messagesPerPublish })
  const messages = messagesOf(body).map((data) => ({ data }))
  if (messages.length > 0 || mayBeNone) return messages
  throw new AnywireError('bad-request', 'The array is empty: send at least one message.')
}

/**
 * A WebSocket frame as one message: an array is not flattened.
 * @throws AnywireError `bad-request` for what is no JSON in a JSON channel, or a text frame in a binary one.
 */
export function checkedMessage(
  data: Uint8Array,
  contentType: string,
  isBinary: boolean,
  limits: Pick<Limits, 'jsonDepth'>,
): NewMessage {
  const kind = kindOf(contentType)
  if (kind === 'json') parseJson(data, 'The message', { depth: limits.jsonDepth })
  if (kind === 'binary' && !isBinary)
    throw new AnywireError('bad-request', `This channel holds ${contentType}: send binary frames.`)
  return { data }
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
  const { context, request, channel } = exchange
  await permit(exchange)
  const rule = context.rules.of(channel)
  const named = header(request, 'content-type')
  if (named !== undefined) checkContentType(named, context.limits)
  const lifetime = lifetimeOf(request)
  const fork = forkOf(request, context.path)
  const body = await readBody(request, context.limits.bodyBytes)
  const contentType = named ?? (rule.fixedType ? rule.config.contentType : 'application/octet-stream')
  const messages = body.length === 0 ? [] : messagesFrom(body, contentType, context.limits, true)
  for (const { data } of messages)
    if ((data?.length ?? 0) > context.limits.messageBytes)
      throw new AnywireError('too-large', `A message has at most ${context.limits.messageBytes} bytes.`)
  const result = await context.store.create(
    channel,
    { ...rule.config, contentType, ...lifetime, evictable: false },
    {
      messages,
      closed: closes(request),
      fork,
      named: {
        contentType: named !== undefined,
        expiry: lifetime.ttlSeconds !== undefined || lifetime.expiresAt !== undefined,
      },
    },
  )
  answerCreate(exchange, result)
}

function answerCreate(exchange: Exchange, result: CreateResult): void {
  if (!('info' in result)) throw createError(exchange.channel, result)
  const { info } = result
  const { context } = exchange
  const headers = [...noStore, ...tailHeaders(info), ...lifetimeHeaders(info)]
  if (result.kind === 'exists') return exchange.send(200, info.contentType ?? '', headers, '')
  exchange.send(
    201,
    info.contentType ?? '',
    [...headers, 'Location', ownUrl(exchange.request, context.door.origins)],
    '',
  )
}

function createError(channel: string, result: Exclude<CreateResult, { info: unknown }>): AnywireError {
  switch (result.kind) {
    case 'conflict':
      return new AnywireError('conflict', `The channel "${channel}" exists already with another ${result.why}.`)
    case 'full':
      return fullError(JSON.stringify(channel), result.why)
    case 'fork-missing':
      return new AnywireError('unknown-channel', 'The channel to fork from does not exist.')
    case 'fork-gone':
      return new AnywireError('conflict', 'The channel to fork from was deleted.')
    case 'fork-offset':
      return new AnywireError('bad-request', `The fork cannot begin there: ${result.why}.`)
  }
}

export async function remove(exchange: Exchange): Promise<void> {
  const { context, channel } = exchange
  await permit(exchange)
  const result = await context.store.delete(channel, { keepName: true })
  if (result === 'deleted') return exchange.empty(noStore)
  throw result === 'gone' ? context.lossOf(channel, { kind: 'gone' }) : unknownChannel(channel)
}

/** Who may publish may create and delete. */
async function permit({ context, channel, admission }: Exchange): Promise<void> {
  const rule = context.rules.of(channel)
  if (await mayPublish(rule, contextOf(rule, admission.principal))) return
  throw new AnywireError('forbidden', `You may not create or delete "${channel}".`)
}
