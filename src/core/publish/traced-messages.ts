/** Messages that know which span they come from. */
import { keptTraceparent } from '../../protocol/traceparent.js'
import type { NewMessage } from '../store.js'

/** The same messages where there is no `traceparent`, or none that is one. */
export function tracedMessages(
  messages: readonly NewMessage[],
  traceparent: string | undefined,
): readonly NewMessage[] {
  const kept = keptTraceparent(traceparent)
  return kept === undefined ? messages : messages.map((message) => ({ ...message, traceparent: kept }))
}
