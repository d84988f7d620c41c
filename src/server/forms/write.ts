/** PUT, POST and DELETE on a channel's URL. [DS §5.1–5.4] */
import type { IncomingMessage } from 'node:http'
import type { Limits } from '../../core/limits.js'
import { type PublishOutcome, toCreateError, toError, toRemoveError } from '../../core/publish/outcome.js'
import type { CreateContent, PublishContent } from '../../core/publish/publish-request.js'
import type { NewMessage, Producer } from '../../core/store.js'
import { AnywireError } from '../../protocol/error.js'
import { splitJson } from '../../protocol/json.js'
import { kindOf, mediaType } from '../../protocol/message.js'
import { mostBodyBytes } from '../door/frame-limits.js'
import type { Exchange } from '../http/exchange.js'
import { closes, forkOf, lifetimeOf, messageField, producerOf } from '../http/stream-headers.js'
import { header, ownUrl } from '../http/target.js'
import { lifetimeHeaders, tailHeaders } from './catch-up.js'

const noStore = ['Cache-Control', 'no-store']
/** What `curl -d` and forms say of a body whatever it holds. */
const formType = 'application/x-www-form-urlencoded'

/** POST: append, close, or both. */
export async function append(exchange: Exchange): Promise<void> {
  const { context, request, channel, admission } = exchange
  const producer = producerOf(request)
  const close = closes(request)
  const fields = fieldsOf(request)
  let holds = false
  const outcome = await context.publisher.publishLate({
    channel,
    content: async () => {
      const content = await appended(exchange, close, fields)
      exchange.checkSender()
      holds = content.messages.length > 0
      context.doubts.settle(channel)
      return content
    },
    valid: true,
    producer,
    seq: header(request, 'stream-seq'),
    close,
    author: admission,
  })
  answer(exchange, outcome, producer, holds)
}

type Fields = Pick<NewMessage, 'key' | 'event'>

/** What goes with every message of the request. */
function fieldsOf(request: IncomingMessage): Fields {
  return { key: messageField(request, 'message-key'), event: messageField(request, 'message-event') }
}

async function appended(exchange: Exchange, close: boolean, fields: Fields): Promise<PublishContent> {
  const { context, request, channel } = exchange
  const { create, limits } = context
  const body = await exchange.readBody(mostBodyBytes(context, channel))
  if (body.length === 0) {
    if (fields.key !== undefined) return { messages: [{ data: undefined, ...fields }] }
    if (close) return { messages: [] }
    throw new AnywireError('bad-request', 'The body is empty: send a message, or Stream-Closed: true to close.')
  }
  const contentType = header(request, 'content-type')
  const lenientType = create === 'on-use' && (contentType === undefined || mediaType(contentType) === formType)
  if (contentType === undefined && !lenientType)
    throw new AnywireError('bad-request', 'Content-Type is missing: send that of the channel.')
  const messages = (type: string) => messagesFrom(body, type, limits, fields)
  return { messages, contentType, lenientType }
}

/**
 * The messages of a body: the elements of a JSON array, or the body as it is.
 * @throws AnywireError `bad-request` for what is no JSON in a JSON channel, or an empty array.
 */
function messagesFrom(
  body: Uint8Array,
  contentType: string,
  limits: Limits,
  fields: Fields,
  mayBeNone = false,
): NewMessage[] {
  if (kindOf(contentType) !== 'json') return [{ data: body, ...fields }]
  const { jsonDepth: depth, messagesPerPublish } = limits
  const parts = splitJson(body, 'The body', { depth, messages: messagesPerPublish })
  const messages = parts.map((data) => ({ data, ...fields }))
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
  if (kind === 'json') splitJson(data, 'The message', { depth: limits.jsonDepth })
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
  const { context, request, channel, admission } = exchange
  const fields = fieldsOf(request)
  const outcome = await context.publisher.create({
    channel,
    ...lifetimeOf(request),
    content: async () => {
      const content = await created(exchange, fields)
      exchange.checkSender()
      return content
    },
    close: closes(request),
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

async function created(exchange: Exchange, fields: Fields): Promise<CreateContent> {
  const { context, request, channel } = exchange
  const { limits } = context
  const body = await exchange.readBody(mostBodyBytes(context, channel))
  const contentType = header(request, 'content-type')
  if (body.length > 0) return { messages: (type) => messagesFrom(body, type, limits, fields, true), contentType }
  if (fields.key === undefined && fields.event === undefined) return { messages: [], contentType }
  const sentence = 'The body is empty: Message-Key and Message-Event go with the messages of a body.'
  throw new AnywireError('bad-request', sentence)
}

export async function remove(exchange: Exchange): Promise<void> {
  const { context, channel, admission } = exchange
  const error = toRemoveError(await context.publisher.remove({ channel, keepName: true, author: admission }), channel)
  if (error) return exchange.fail(error)
  exchange.empty(noStore)
}
