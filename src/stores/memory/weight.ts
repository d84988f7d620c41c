/** What things take in memory: estimates that the budget of the memory store is kept by. */
import type { NewMessage } from '../../core/store.js'

export function sizeOf(message: NewMessage): number {
  return message.data?.byteLength ?? 0
}

/** A character takes two bytes as soon as one of its text is beyond Latin-1. */
export function textWeight(text: string | undefined): number {
  return text === undefined ? 0 : 2 * text.length
}

/** Estimated, so that `maxBytes` bounds memory also when messages are tiny. */
const messageOverhead = 256

/** What holding a message takes. */
export function weightOf(message: NewMessage): number {
  return messageOverhead + sizeOf(message) + textWeight(message.key) + textWeight(message.event)
}
