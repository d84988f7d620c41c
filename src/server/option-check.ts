/** Checks the options of a hub when they are given, not at the first request. */
import { noMeter } from '../core/meter.js'
import { isPresence, presenceShape } from '../core/presence/options.js'
import { aCount, aFlag, aFunction, anObject, aString, checkShape, type Shape } from '../core/shape.js'
import { AnywireError } from '../protocol/error.js'
import type { CloseOptions } from './closing.js'
import type { ReadOptions } from './forms/local-reader.js'
import type { HubOptions } from './options.js'
import { type RevocationOptions, revocationShape } from './revocation/options.js'
import type { BatchMessage } from './spelling.js'
import type { ChannelOptions, PublishOptions } from './write-options.js'
import type { YjsOptions } from './yjs/options.js'

const strings = (value: unknown) => Array.isArray(value) && value.every((one) => typeof one === 'string')
const oneOf =
  (...values: readonly unknown[]) =>
  (value: unknown) =>
    values.includes(value)

/** [RFC 6265 §4.1.1] */
const isCookieName = (value: unknown) => typeof value === 'string' && /^[\w!#$%&'*+.^`|~-]+$/.test(value)

const isHost = (value: string) => /^[^\s/@?#*,]+$/.test(value)
const areHosts = (value: unknown) =>
  Array.isArray(value) && value.every((one) => typeof one === 'string' && isHost(one))

/** A store answers these; the rest of its seam is for its contract to test. */
const isStore = (value: unknown) =>
  ['append', 'read', 'follow', 'watch'].every((name) => typeof Object(value)[name] === 'function')

const isMeter = (value: unknown) =>
  typeof value === 'object' && Object.keys(noMeter).every((name) => typeof Object(value)[name] === 'function')

const isTracing = (value: unknown) =>
  ['publishing', 'opened', 'closed'].every((name) => typeof Object(value)[name] === 'function')

const orOptions = (value: unknown) => typeof value === 'boolean' || anObject[1](value)

const hub: Shape<HubOptions> = {
  store: ['a store such as memory()', isStore],
  path: aString,
  create: ['"on-use" or "explicit"', oneOf('on-use', 'explicit')],
  rules: ['an object of rules by pattern', anObject[1]],
  authenticate: aFunction,
  cookie: ['the name of a cookie', isCookieName],
  queryToken: aFlag,
  signedUrls: ['an object with a "secret"', anObject[1]],
  revocation: anObject,
  origins: ['an array of origins such as ["https://app.example"]', strings],
  hosts: ['an array of host names such as ["app.example"], without scheme and path', areHosts],
  trustProxy: ['true, false or "forwarded"', oneOf(true, false, 'forwarded')],
  compress: ['true, false or an object', orOptions],
  limits: anObject,
  onError: aFunction,
  onEvent: aFunction,
  statistics: aFlag,
  onDrain: aFunction,
  meter: ['a meter: { ...noMeter, … }', isMeter],
  tracing: ['what createTracing of anywire/admin answers', isTracing],
}

const decision = [
  'true, false or a function',
  (value: unknown) => typeof value === 'boolean' || typeof value === 'function',
] as const

const yjs: Shape<YjsOptions> = {
  channels: aString,
  subscribe: decision,
  publish: decision,
  presence: [presenceShape, isPresence],
  compress: ['true, false or an object', orOptions],
  compactAfter: aCount,
  secret: aString,
  limits: anObject,
}

/** Only the names of these options are checked here. Their values are checked where they are used. */
const aValue = ['a value', (_value: unknown) => true] as const

const message: Shape<BatchMessage> = { data: aValue, event: aValue, key: aValue }
const batch: Shape<Pick<PublishOptions, 'producer' | 'close' | 'traceparent'>> = {
  producer: aValue,
  close: aValue,
  traceparent: aString,
}
const publishing: Shape<PublishOptions> = { event: aValue, key: aValue, ...batch }
const channel: Shape<ChannelOptions> = { contentType: aValue, ttlSeconds: aValue, expiresAt: aValue }

const reading: Shape<ReadOptions> = {
  from: aString,
  slow: ['"catch-up", "conflate" or "disconnect"', oneOf('catch-up', 'conflate', 'disconnect')],
  rate: ['a number of slices per second, from 1', (value) => typeof value === 'number' && value >= 1],
  signal: ['an AbortSignal', (value) => typeof Object(value).addEventListener === 'function'],
}

/** @throws AnywireError `bad-request`, as all of these do. */
export function checkHubOptions(options: HubOptions): HubOptions {
  checkShape<HubOptions>('createHub', options, hub)
  checkShape<RevocationOptions>('"revocation"', options.revocation ?? {}, revocationShape)
  return options
}

export function checkYjsOptions(options: YjsOptions): void {
  checkShape<YjsOptions>('hub.yjs', options, yjs)
}

export function checkPublishOptions(options: PublishOptions): void {
  checkShape<PublishOptions>('hub.publish', options, publishing)
}

export function checkBatch(
  messages: readonly BatchMessage[],
  options: Pick<PublishOptions, 'producer' | 'close'>,
): void {
  if (!Array.isArray(messages)) {
    throw new AnywireError('bad-request', 'A batch is an array of messages: [{ data, event?, key? }, …].')
  }
  // What is no object is refused where it is spelt.
  for (const one of messages) if (anObject[1](one)) checkShape<BatchMessage>('a message', one, message, 'field')
  checkShape<Pick<PublishOptions, 'producer' | 'close'>>('hub.publishBatch', options, batch)
}

export function checkChannelOptions(options: ChannelOptions): void {
  checkShape<ChannelOptions>('hub.create', options, channel)
}

export function checkReadOptions(options: ReadOptions): void {
  checkShape<ReadOptions>('hub.subscribe', options, reading)
}

export function checkAttachOptions(options: { readonly path?: string }): void {
  checkShape<{ path?: string }>('hub.attach', options, { path: aString })
}

const aTime = ['a number of milliseconds from 0', (value: unknown) => typeof value === 'number' && value >= 0] as const

export function checkCloseOptions(options: CloseOptions): void {
  checkShape<CloseOptions>('hub.close', options, {
    graceMs: aTime,
    lameMs: aTime,
    perSecond: ['a number above 0, or null', (value) => value === null || (typeof value === 'number' && value > 0)],
  })
}
