/** HEAD: the state of a channel. [DS §5.5] */
import { endWithin } from '../../wires/ending.js'
import { lifetimeHeaders, tailHeaders } from '../http/channel-headers.js'
import type { Exchange } from '../http/exchange.js'
import { contentTypeOf, infoOf } from './channel-info.js'

const noStore = ['Cache-Control', 'no-store']

/** HEAD: the channel's type, tail, lifetime and whether it is closed. Does not renew the TTL. */
export async function describe(exchange: Exchange): Promise<void> {
  const info = await infoOf(exchange)
  exchange.checkStanding()
  exchange.writeHead(200, contentTypeOf(exchange, info), [...noStore, ...tailHeaders(info), ...lifetimeHeaders(info)])
  endWithin(exchange.response, undefined, exchange.context.limits.stallMs)
}
