/** `hub.history` and `hub.trim`: a page of what a channel holds, and less of it. */
import type { ReadResult } from '../core/store.js'
import { AnywireError } from '../protocol/error.js'
import { kindOf } from '../protocol/message.js'
import { type ChannelName, checkName } from '../protocol/name.js'
import { type Offset, type Position, parsePosition } from '../protocol/offset.js'
import type { Context } from './context.js'
import { type Received, received } from './forms/local-reader.js'

export interface HistoryOptions {
  /** `start`, `snapshot`, `last-N` or an offset: what comes after it is told. @default 'start' */
  readonly from?: string | undefined
  /** Messages at most, from 1; fewer where they are large. @default 100 @unit messages */
  readonly limit?: number | undefined
}

/** A page of what a channel holds. */
export interface History {
  readonly messages: readonly Omit<Extract<Received, { kind: 'message' }>, 'kind'>[]
  /** Where the next page begins. */
  readonly next: Offset
  /** There is nothing after it now. */
  readonly upToDate: boolean
}

/** @throws AnywireError `bad-request`, `gap`, `gone` */
export async function history(
  context: Context,
  channel: ChannelName,
  { from = 'start', limit = 100 }: HistoryOptions,
): Promise<History> {
  const position: Position = from === 'start' ? { kind: 'start' } : parsePosition(from)
  if (!(Number.isSafeInteger(limit) && limit >= 1)) {
    throw new AnywireError('bad-request', '"limit" must be a whole number from 1.')
  }
  checkName(channel, context.limits.nameBytes)
  await context.ready(channel)
  const page = await pageAt(context, channel, position, limit)
  if (page.kind !== 'page') throw context.lossOf(channel, page)
  const kind = kindOf(page.info.contentType ?? 'application/json')
  const messages = page.messages.map((message) => {
    const { kind: _kind, ...rest } = received(message, kind) as Extract<Received, { kind: 'message' }>
    return rest
  })
  return { messages, next: page.to, upToDate: page.upToDate }
}

function pageAt({ delivery, limits }: Context, name: ChannelName, at: Position, messages: number): Promise<ReadResult> {
  const limit = { messages, bytes: limits.pageBytes }
  if (at.kind === 'snapshot') return delivery.reads.snapshot(name, { after: undefined, until: undefined }, limit)
  return delivery.reads.fresh(name, at, limit)
}

/**
 * Takes away all but the newest messages. The channel is kept as its rule says again at once.
 * @throws AnywireError `bad-request`; `not-acceptable` where the store keeps channels as they were created.
 */
export async function trim({ store, rules, limits }: Context, channel: ChannelName, keep: number): Promise<boolean> {
  checkName(channel, limits.nameBytes)
  if (!(Number.isSafeInteger(keep) && keep >= 1)) {
    throw new AnywireError('bad-request', '"keep" must be a whole number from 1.')
  }
  const { configure } = store.capabilitiesOf?.(channel) ?? store.capabilities
  if (!configure) throw new AnywireError('not-acceptable', 'This store keeps channels as they were created.')
  const { retain, maxKeys } = rules.of(channel).config
  const messages = Math.min(keep, retain.messages ?? keep)
  const trimmed = await store.configure(channel, { retain: { ...retain, messages }, maxKeys })
  if (trimmed === 'missing') return false
  await store.configure(channel, { retain, maxKeys })
  return true
}
