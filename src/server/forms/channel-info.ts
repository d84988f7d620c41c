/** What is known of the channel of a request, and the error for one that does not exist. */
import type { ChannelInfo } from '../../core/store.js'
import { AnywireError } from '../../protocol/error.js'
import type { Exchange } from '../http/exchange.js'

/** The info of a channel that may be read. @throws AnywireError `unknown-channel` or `gone`. */
export async function infoOf(exchange: Exchange): Promise<ChannelInfo> {
  const { context, channel } = exchange
  const info = await context.delivery.reads.info(channel)
  if (info === 'gone') throw context.lossOf(channel, { kind: 'gone' })
  checkCreated(exchange, info)
  return info
}

export function contentTypeOf(exchange: Exchange, info: ChannelInfo): string {
  return info.contentType ?? exchange.context.rules.of(exchange.channel).config.contentType
}

/** @throws AnywireError `unknown-channel` where only PUT creates. */
export function checkCreated({ context, channel }: Exchange, info: ChannelInfo): void {
  if (!info.exists && context.create === 'explicit') throw unknownChannel(channel)
}

export function unknownChannel(channel: string): AnywireError {
  return new AnywireError('unknown-channel', `There is no channel "${channel}"; create it with PUT.`)
}
