/** Conflation: of what was missed, only the newest message of each key. */
import type { Message } from '../../protocol/message.js'
import type { Offset } from '../../protocol/offset.js'
import { sizeOf } from './window.js'

export interface Conflated {
  /** In log order. Never empty if `messages` was not. */
  readonly messages: readonly Message[]
  /** The position after the last message that this stands for. */
  readonly to: Offset
  /** How many messages between the first position and `to` were left out. */
  readonly missed: number
}

/**
 * The newest message of each key among `messages`, as many as fit in `maxBytes` (at least one). Messages without a key
 * count as one key. What does not fit is conflated again from `to`, with the messages that came since: a newer message
 * of the same key always follows one left out.
 */
export function conflate(messages: readonly Message[], maxBytes: number): Conflated {
  const newest = new Map<string | undefined, Message>()
  for (const message of messages) newest.set(message.key, message)
  const kept: Message[] = []
  let bytes = 0
  let seen = 0
  for (const message of messages) {
    if (newest.get(message.key) === message) {
      bytes += sizeOf(message)
      if (bytes > maxBytes && kept.length > 0) break
      kept.push(message)
    }
    seen++
  }
  return { messages: kept, to: messages[seen - 1]?.offset ?? '', missed: seen - kept.length }
}
