/** What things take in memory: estimates that the budget of the memory store is kept by. */
import type { ChannelConfig, NewMessage } from '../../core/store.js'
import type { ChannelName } from '../../protocol/name.js'
import type { Origin } from '../rules/config.js'

/** What counts for `retain.bytes`. */
export function sizeOf({ data, traceparent }: NewMessage): number {
  return (data?.byteLength ?? 0) + (traceparent?.length ?? 0)
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

/** What holding a channel takes besides its texts. */
const channelOverhead = 1_024

/** What a channel takes before it holds anything. */
export function overheadOf(channel: ChannelName, config: ChannelConfig, origin?: Origin): number {
  return channelOverhead + textWeight(channel) + textWeight(config.contentType) + textWeight(origin?.source)
}
