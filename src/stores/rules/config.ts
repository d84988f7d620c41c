/** Whether the configurations of a channel agree, and when it has outlived them: decided by every store alike. */
import type { ChannelConfig, Fork, ForkOptions } from '../../core/store.js'
import type { ChannelName } from '../../protocol/name.js'
import type { Offset } from '../../protocol/offset.js'
import { isSameType } from './append.js'

/** The fork that made a channel: as it was asked for, and the position it came to. */
export interface Origin extends Fork {
  readonly resolved: Offset
}

/** A channel that exists, to one who would create it. */
export interface Created {
  readonly channel: ChannelName
  readonly config: ChannelConfig
  readonly closed: boolean
  readonly origin: Origin | undefined
}

/**
 * In what an existing channel differs from the one asked for, as a sentence; undefined if in nothing. Its policy may
 * differ: that is for `configure`.
 */
export function difference(
  { channel, config, closed, origin }: Created,
  asked: ChannelConfig,
  options: Partial<ForkOptions> = {},
): string | undefined {
  const { fork, named } = options
  const inherits = fork !== undefined
  if ((!inherits || named?.contentType) && !isSameType(asked.contentType, config.contentType)) {
    return `"${channel}" exists with the content type ${config.contentType}.`
  }
  const sameExpiry = asked.ttlSeconds === config.ttlSeconds && asked.expiresAt === config.expiresAt
  if ((!inherits || named?.expiry) && !sameExpiry) return `"${channel}" exists with another TTL or expiry.`
  if ((options.closed ?? false) !== closed) return `"${channel}" exists and is ${closed ? 'closed' : 'open'}.`
  return isSameFork(fork, origin) ? undefined : `"${channel}" exists and is forked from another place, or from none.`
}

function isSameFork(fork: Fork | undefined, origin: Origin | undefined): boolean {
  return (
    fork?.source === origin?.source &&
    (fork?.subOffset ?? 0) === (origin?.subOffset ?? 0) &&
    (fork?.offset === origin?.offset || fork?.offset === origin?.resolved)
  )
}

/** The configuration of a fork: what a client did not name is inherited from the source. */
export function forkConfig(config: ChannelConfig, source: ChannelConfig, named: ForkOptions['named']): ChannelConfig {
  const { ttlSeconds, expiresAt } = named?.expiry ? config : source
  const contentType = named?.contentType ? config.contentType : source.contentType
  return { ...config, contentType, ttlSeconds, expiresAt }
}

/**
 * Whether a channel has outlived its TTL or its end. `usedAt`: of the last append or touch. Both in milliseconds since
 * 1970.
 */
export function hasExpired({ ttlSeconds, expiresAt }: ChannelConfig, usedAt: number, now: number): boolean {
  if (ttlSeconds !== undefined && now >= usedAt + ttlSeconds * 1_000) return true
  return expiresAt !== undefined && now >= expiresAt
}

/** Whether time alone can change a channel. */
export function isMortal({ ttlSeconds, expiresAt, retain }: ChannelConfig): boolean {
  return ttlSeconds !== undefined || expiresAt !== undefined || retain.ageMs !== null
}
