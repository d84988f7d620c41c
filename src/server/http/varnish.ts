/** Workarounds for what Varnish (default VCL) does to requests and answers. */
import type { IncomingMessage } from 'node:http'
import type { ChannelName } from '../../protocol/name.js'

/** Whether the request came through Varnish. */
export function isBehindVarnish(request: IncomingMessage): boolean {
  return request.headers['x-varnish'] !== undefined
}

const remembered = 10_000

/**
 * Varnish asks by GET when it is asked by HEAD. A GET renews a channel's TTL and a HEAD does not [DS §5.5], so a
 * request that may be either renews it once, and not again until the channel is used in another way.
 */
export class HeadQuirk {
  readonly #renewed = new Set<ChannelName>()

  /** Whether a request that may be a HEAD renews the TTL. */
  renews(channel: ChannelName): boolean {
    if (this.#renewed.has(channel)) return false
    if (this.#renewed.size >= remembered) this.#renewed.clear()
    this.#renewed.add(channel)
    return true
  }

  /** The channel is used in another way. */
  settle(channel: ChannelName): void {
    if (this.#renewed.size > 0) this.#renewed.delete(channel)
  }
}
