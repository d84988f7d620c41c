/** What a hub can be told, with defaults. */
import type { IncomingMessage } from 'node:http'
import type { CompressionOptions } from '../core/compression.js'
import type { OnEvent } from '../core/events.js'
import type { Limits } from '../core/limits.js'
import type { Meter } from '../core/meter.js'
import type { Principal, Rules } from '../core/rule.js'
import type { Store } from '../core/store.js'
import type { Tracing } from '../core/tracing.js'
import type { AnywireError } from '../protocol/error.js'
import type { TrustProxy } from './door/forwarded.js'
import type { SignedUrlOptions } from './door/signed-urls.js'
import type { RevocationOptions } from './revocation/options.js'

/** What a client showed of itself, and where it was found. */
export interface Credential {
  readonly kind: 'bearer' | 'cookie' | 'subprotocol' | 'query' | 'frame'
  readonly token: string
}

/**
 * Says who a credential stands for; null or undefined refuses with 401. Without a credential it may name an anonymous
 * principal.
 */
export interface Authenticate {
  (
    credential: Credential | undefined,
    request: IncomingMessage,
  ): Principal | null | undefined | Promise<Principal | null | undefined>
  /**
   * For those that remember credentials: lets go of these principals, whose credentials were revoked. They would be
   * refused anyway.
   */
  readonly forget?: ((isRevoked: (principal: Principal) => boolean) => void) | undefined
}

export interface HubOptions {
  /** The store that keeps the logs. @default memory() */
  readonly store?: Store | undefined
  /** The mount path: channels are below it. @default '/channels' */
  readonly path?: string | undefined
  /** What creates a channel: the first publish, or only PUT. @default 'on-use' */
  readonly create?: 'on-use' | 'explicit' | undefined
  /** Rules for channels, by name pattern. @default {} */
  readonly rules?: Rules | undefined
  /**
   * Says who a client is, by its credential. Without it only this machine is served: loopback addresses and host names.
   */
  readonly authenticate?: Authenticate | undefined
  /** Name of the cookie that carries a credential. @default none is read */
  readonly cookie?: string | undefined
  /** Also read a credential from `?token=`. URLs end up in logs. @default false */
  readonly queryToken?: boolean | undefined
  /**
   * Also accept URLs that `hub.signUrl` made, for clients that can show no credential: `{ secret }`. Who has such a URL
   * has what it allows, and URLs end up in logs. Needs `authenticate`.
   * @default none are accepted
   */
  readonly signedUrls?: SignedUrlOptions | undefined
  /** How long revocations are kept, and what a node does that cannot read them. @default { whenBlind: 'refuse' } */
  readonly revocation?: RevocationOptions | undefined
  /** Other origins whose pages may read, publish and open WebSockets, such as `['https://app.example']`. @default [] */
  readonly origins?: readonly string[] | undefined
  /**
   * Host names by which this server may be asked, besides localhost. Others are refused.
   * @default any, without `authenticate` none
   */
  readonly hosts?: readonly string[] | undefined
  /**
   * Take address, scheme and host of a request from `X-Forwarded-*`, or with `'forwarded'` from `Forwarded` (RFC 7239).
   * Set it only behind a proxy that sets them. Without it, and without `authenticate`, requests that a proxy has marked
   * are refused. A proxy that adds no header cannot be detected.
   * @default false
   */
  readonly trustProxy?: TrustProxy | undefined
  /**
   * Compress what is read, once for all clients that accept it: event streams and bodies with gzip, WebSocket frames
   * with permessage-deflate. Rules may say otherwise. Off by default, since sizes can tell secrets (see `compress` of a
   * rule). Only slices from half a KiB on get smaller.
   * @default false
   */
  readonly compress?: boolean | CompressionOptions | undefined
  /** Limits and times, each with a default of its own. @default limitDefaults */
  readonly limits?: Partial<Limits> | undefined
  /**
   * Called with each error inside the hub: a function of yours or the store failed.
   * @default prints `internal` errors to stderr
   */
  readonly onError?: ((error: AnywireError) => void) | undefined
  /**
   * Called with each decision that somebody may ask about later: a refusal, a gap, a stalled reader, a store that is down.
   * For logs; it holds no credential and no payload.
   * @default nobody is told
   */
  readonly onEvent?: OnEvent | undefined
  /**
   * The hub tells of itself in the channels `$stats`, `$connections` and `$channels`, to those who have a grant of
   * `manage` on them, or whom rules of these names let in. Off, deliveries are not counted by transport. Names of
   * principals, addresses and channels are among it.
   * @default false
   */
  readonly statistics?: boolean | undefined
  /**
   * Called when this node is to leave: `hub.drain`, or the admin API of any node, has said so. The program closes the
   * hub, and ends.
   * @default the hub is closed, within 30 s
   */
  readonly onDrain?: (() => void) | undefined
  /** Is told of publishes, deliveries, gaps, connections and calls of the store, for metrics. @default noMeter */
  readonly meter?: Meter | undefined
  /** Is told of publishes, and of the beginning and the end of readings, for traces. @default nobody is told */
  readonly tracing?: Tracing | undefined
}
