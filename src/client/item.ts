/** Items of a channel: messages, gaps where some are missing, and problems where one cannot be read here. */
import type { FrameMessage } from '../protocol/anywire-frame.js'
import { AnywireError, type ErrorCode, type ErrorDetails } from '../protocol/error.js'
import type { GapReason } from '../protocol/message.js'
import type { Offset } from '../protocol/offset.js'
import { bytesOf } from './bytes.js'

export interface MessageItem<Data = unknown> {
  readonly kind: 'message'
  /** The position after this message: give it as `from` to read on behind it. */
  readonly offset: Offset
  /** JSON, a string, or bytes, as the channel's content type has it; undefined for a tombstone. */
  readonly data: Data
  /** What the publisher called its kind. */
  readonly event?: string | undefined
  /** What it is about, in the publisher's words or by the channel's rule. */
  readonly key?: string | undefined
}

/** Announced loss: reading goes on at `to`. */
export interface GapItem {
  readonly kind: 'gap'
  readonly reason: GapReason
  /** Where this reading stood: an offset, or what it asked for. */
  readonly from: string
  /** Where it goes on. */
  readonly to: Offset
  /** How many messages are missing, where the server knows. */
  readonly missed?: number | undefined
}

/**
 * One message is there, and cannot be handed over: nested too deeply, spelt wrongly, or its transform failed. Reading
 * goes on behind it.
 */
export interface ProblemItem {
  readonly kind: 'problem'
  /** The position after the message. */
  readonly offset: Offset
  readonly event?: string | undefined
  readonly key?: string | undefined
  /** What is wrong with it: its code is `rejected`. */
  readonly error: AnywireError
}

/** A reader in the server's process gets the first two of them. */
export type Item<Data = unknown> = MessageItem<Data> | GapItem | ProblemItem

/** An error as it crosses a port: classes do not. */
export interface PortError extends ErrorDetails {
  readonly code: ErrorCode
  readonly message: string
}

export type PortProblem = Omit<ProblemItem, 'error'> & { readonly error: PortError }

/** An item as it crosses a port. */
export type PortItem = MessageItem | GapItem | PortProblem

/**
 * Data may be nested so deeply. Browsers clone no more than about 1,200 levels into a worker, and what they cannot
 * clone is lost without a word; a server takes 100 unless it is told otherwise.
 */
const maxLevels = 500
export const tooDeep = `The data is nested more than ${maxLevels} levels deep.`

/** A message as a frame spells it. */
export function itemOf({ offset, data, base64, event, key }: FrameMessage): MessageItem | PortProblem {
  const facts = { offset, event, key }
  if (isDeeper(data)) return problemOf(facts, tooDeep)
  try {
    return { kind: 'message', data: base64 === undefined ? data : bytesOf(base64), ...facts }
  } catch (cause) {
    return problemOf(facts, `${cause}`)
  }
}

export function problemOf({ offset, event, key }: Omit<PortProblem, 'kind' | 'error'>, cause: string): PortProblem {
  const message = `The message at ${offset} cannot be handed over: ${cause}`
  return { kind: 'problem', offset, event, key, error: { code: 'rejected', message } }
}

/** An item as the application gets it. */
export function itemFrom(item: PortItem): Item {
  return item.kind === 'problem' ? { ...item, error: AnywireError.fromJSON(item.error) } : item
}

export function isDeeper(data: unknown, levels = maxLevels): boolean {
  if (typeof data !== 'object' || data === null || data instanceof Uint8Array) return false
  if (levels === 0) return true
  return Object.values(data).some((value) => isDeeper(value, levels - 1))
}
