/** Reads what a client of `anywire.v1` sends, in a frame or a POST body. PROTOCOL.md 4.1 and 4.3. */
import type { ClientFrame, FrameId, PublishRequest, Rate, Slow, SubscribeRequest } from './anywire-frame.js'
import { rates } from './anywire-frame.js'
import { base64Form, isBase64, readBase64 } from './base64.js'
import { AnywireError } from './error.js'
import { jsonDepth, parseJson } from './json.js'
import { fieldOf, messagesOf } from './json-walk.js'
import type { Kind } from './message.js'

type Fields = Readonly<Record<string, unknown>>

/** Stands for the `data` of a message of which only the bytes are known: they are JSON, and were not parsed. */
export const unparsed: unique symbol = Symbol('unparsed')

/** How much a frame or body may ask for: more refuses it as a whole. */
export interface RequestLimits {
  /** Most arrays and objects inside one another. */
  readonly depth: number
  /** Most channels to subscribe to, and to unsubscribe from. */
  readonly channels: number
  /** Most messages in a body. */
  readonly messages: number
}

const noLimits: RequestLimits = {
  depth: jsonDepth,
  channels: Number.POSITIVE_INFINITY,
  messages: Number.POSITIVE_INFINITY,
}

/** What a frame says; or why it says nothing, with its `id` where that could be read, so that the error can name it. */
export type FrameReading =
  | { readonly frame: ClientFrame; readonly error?: undefined }
  | { readonly error: AnywireError; readonly id: FrameId | undefined }

/** Reads a frame, once; the data of a message keeps the bytes that came. Throws nothing. */
export function readClientFrame(bytes: Uint8Array, limits: RequestLimits = noLimits): FrameReading {
  let fields: Fields | undefined
  try {
    // What is in `data` stands one level further in.
    fields = fieldsOf(parseJson(bytes, 'The frame', { depth: limits.depth + 1 }), 'The frame')
    return { frame: frameOf(fields, bytes, limits) }
  } catch (thrown) {
    return { error: AnywireError.from(thrown), id: isFrameId(fields?.id) ? fields?.id : undefined }
  }
}

/** @throws AnywireError `bad-request` that names the field, or `too-large` for a list that is too long. */
export function parseClientFrame(text: string, limits: RequestLimits = noLimits): ClientFrame {
  const reading = readClientFrame(new TextEncoder().encode(text), limits)
  if (reading.error) throw reading.error
  return reading.frame
}

/**
 * Shapes only: names, offsets and lengths are for the hub to judge, one by one, so that one bad subscription does not
 * refuse the others.
 */
function frameOf(fields: Fields, bytes: Uint8Array, limits: RequestLimits): ClientFrame {
  const { type } = fields
  switch (type) {
    case 'auth':
      return { type, token: string(fields.token, 'token') }
    case 'subscribe': {
      const subscriptions = list(fields.subscriptions, 'subscriptions', limits.channels)
      return { type, subscriptions: subscriptions.map(subscribeRequest('subscriptions')) }
    }
    case 'unsubscribe': {
      const channels = list(fields.channels, 'channels', limits.channels)
      return { type, channels: channels.map((name, i) => string(name, `channels[${i}]`)) }
    }
    case 'publish': {
      const id = frameId(fields.id, 'id')
      if (id === undefined) throw refusal('id', 'a string or a number', undefined)
      return { type, ...publishRequest(fields, '', () => fieldOf(bytes, 'data')), id }
    }
    case 'ping':
      return { type, id: frameId(fields.id, 'id') }
  }
  throw refusal('type', 'one of "auth", "subscribe", "unsubscribe", "publish" and "ping"', type)
}

export interface PostBody {
  readonly subscribe: SubscribeRequest[]
  readonly publish: PublishRequest[]
  /** Milliseconds for which a batch that has nothing to bring is held at most. */
  readonly waitMs: number
  /** A batch is to begin with the `welcome` frame; event streams always do. */
  readonly welcome: boolean
  /** Who the client believes it is: the digest that a `welcome` named. */
  readonly principal: string | undefined
}

/**
 * Reads the body of a POST on the mount path. With `bytes`, what `value` was parsed from, JSON messages keep the bytes
 * that came.
 * @throws AnywireError `bad-request` that names the field, or `too-large` for a list that is too long.
 */
export function parsePostBody(value: unknown, bytes?: Uint8Array, limits: RequestLimits = noLimits): PostBody {
  const fields = fieldsOf(value, 'The body')
  const welcome = flag(fields.welcome, 'welcome')
  if (fields.subscribe === undefined && fields.publish === undefined && !welcome) {
    throw new AnywireError('bad-request', 'The body names nothing to do: send "subscribe", "publish" or both.')
  }
  const subscribe = list(fields.subscribe ?? [], 'subscribe', limits.channels)
  const publish = list(fields.publish ?? [], 'publish', limits.messages)
  const raw = bytes && messagesOf(fieldOf(bytes, 'publish') ?? new Uint8Array(0))
  return {
    waitMs: waitMs(fields.waitMs),
    welcome,
    principal: optionalString(fields.principal, 'principal'),
    subscribe: subscribe.map(subscribeRequest('subscribe')),
    publish: publish.map((item, i) => {
      const element = raw?.[i]
      return publishRequest(
        fieldsOf(item, `"publish[${i}]"`),
        `publish[${i}].`,
        () => element && fieldOf(element, 'data'),
      )
    }),
  }
}

function waitMs(value: unknown): number {
  if (value === undefined) return Number.POSITIVE_INFINITY
  if (typeof value === 'number' && value >= 0) return value
  throw new AnywireError('bad-request', '"waitMs" must be a number of milliseconds, 0 or more.')
}

function flag(value: unknown, path: string): boolean {
  if (value === undefined || typeof value === 'boolean') return value ?? false
  throw refusal(path, 'true or false', value)
}

/**
 * The bytes to store: undefined for a tombstone.
 * @throws AnywireError `bad-request` if a channel of this kind cannot hold what came.
 */
export function dataOf(publish: PublishRequest, kind: Kind): Uint8Array | undefined {
  const { data, rawData, base64 } = publish
  if (base64 !== undefined) {
    if (kind === 'json') throw misfit(publish, 'JSON', '"data" with any JSON value')
    const bytes = readBase64(base64)
    if (bytes) return bytes
    throw refusal('base64', base64Form, base64)
  }
  if (data === undefined) return undefined
  if (kind === 'json') return rawData ?? Buffer.from(JSON.stringify(data))
  if (kind === 'binary') throw misfit(publish, 'binary', '"base64"')
  if (typeof data !== 'string' || !data.isWellFormed()) {
    throw misfit(publish, 'text', '"data" with a string of well-formed Unicode, or "base64"')
  }
  return Buffer.from(data)
}

/** The largest rate of the grid that is not above the one asked for. */
export function rateOnGrid(asked: number): Rate | undefined {
  return rates.findLast((rate) => rate <= asked)
}

function subscribeRequest(at: string): (item: unknown, i: number) => SubscribeRequest {
  return (item, i) => {
    const path = `${at}[${i}]`
    const fields = fieldsOf(item, `"${path}"`)
    return {
      channel: string(fields.channel, `${path}.channel`),
      offset: optionalString(fields.offset, `${path}.offset`) ?? 'now',
      slow: slowOf(fields.slow, `${path}.slow`),
      rate: rateOf(fields.rate, `${path}.rate`),
    }
  }
}

function publishRequest(fields: Fields, path: string, rawData: () => Uint8Array | undefined): PublishRequest {
  const { data } = fields
  const base64 = base64Of(fields.base64, `${path}base64`)
  const key = optionalString(fields.key, `${path}key`)
  if (data !== undefined && base64 !== undefined) {
    throw new AnywireError('bad-request', `Send "${path}data" or "${path}base64", not both.`)
  }
  if (data === undefined && base64 === undefined && key === undefined) {
    throw new AnywireError('bad-request', `"${path}data" is missing: only a message with a "key" may have no data.`)
  }
  return {
    channel: string(fields.channel, `${path}channel`),
    id: frameId(fields.id, `${path}id`),
    data,
    rawData: data === undefined ? undefined : copyOf(rawData()),
    base64,
    event: optionalString(fields.event, `${path}event`),
    key,
    traceparent: optionalString(fields.traceparent, `${path}traceparent`),
    producer: producerOf(fields.producer, `${path}producer`),
  }
}

function producerOf(value: unknown, path: string): PublishRequest['producer'] {
  if (value === undefined) return undefined
  const fields = fieldsOf(value, `"${path}"`)
  const id = string(fields.id, `${path}.id`)
  if (id === '') throw refusal(`${path}.id`, 'a string that is not empty', id)
  return { id, epoch: count(fields.epoch, `${path}.epoch`), seq: count(fields.seq, `${path}.seq`) }
}

function slowOf(value: unknown, path: string): Slow {
  if (value === undefined) return 'catch-up'
  if (value === 'catch-up' || value === 'conflate' || value === 'disconnect') return value
  throw refusal(path, '"catch-up", "conflate" or "disconnect"', value)
}

function rateOf(value: unknown, path: string): Rate | undefined {
  if (value === undefined) return undefined
  const rate = typeof value === 'number' ? rateOnGrid(value) : undefined
  if (rate === undefined) throw refusal(path, 'a number of writes per second, from 1', value)
  return rate
}

function base64Of(value: unknown, path: string): string | undefined {
  const text = optionalString(value, path)
  if (text === undefined || isBase64(text)) return text
  throw refusal(path, base64Form, text)
}

function isFrameId(value: unknown): value is FrameId | undefined {
  // JSON would answer Infinity, which 1e999 is read as, with null.
  return value === undefined || typeof value === 'string' || Number.isFinite(value)
}

function frameId(value: unknown, path: string): FrameId | undefined {
  if (isFrameId(value)) return value
  throw refusal(path, 'a string or a number', value)
}

function count(value: unknown, path: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw refusal(path, 'a whole number from 0', value)
}

function optionalString(value: unknown, path: string): string | undefined {
  return value === undefined ? undefined : string(value, path)
}

function string(value: unknown, path: string): string {
  if (typeof value === 'string' && value.isWellFormed()) return value
  throw refusal(path, 'a string of well-formed Unicode', value)
}

function list(value: unknown, path: string, most: number): readonly unknown[] {
  if (Array.isArray(value)) {
    if (value.length <= most) return value
    const sentence = `"${path}" has ${value.length} entries: send at most ${most} at a time.`
    throw new AnywireError('too-large', sentence)
  }
  throw refusal(path, 'an array', value)
}

function fieldsOf(value: unknown, what: string): Fields {
  if (isFields(value)) return value
  throw new AnywireError('bad-request', `${what} must be a JSON object; it is ${spell(value)}.`)
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

// What is kept must not hold on to the whole frame it came in.
function copyOf(bytes: Uint8Array | undefined): Uint8Array | undefined {
  return bytes && Buffer.from(bytes)
}

function refusal(path: string, wanted: string, value: unknown): AnywireError {
  const missing = value === undefined
  return new AnywireError('bad-request', `"${path}" must be ${wanted}; it is ${missing ? 'missing' : spell(value)}.`)
}

function misfit({ channel }: PublishRequest, kind: string, wanted: string): AnywireError {
  return new AnywireError('bad-request', `The channel ${JSON.stringify(channel)} holds ${kind}: send ${wanted}.`)
}

function spell(value: unknown): string {
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object') return value === null ? 'null' : 'an object'
  return (JSON.stringify(value) ?? 'missing').slice(0, 80)
}
