/** CORS headers, and the answer to a preflight. */

/** What a channel's URL answers. */
export const methods = 'GET, HEAD, POST, PUT, DELETE, OPTIONS'

// With credentials "*" stands for itself, so every header is named.
const requestHeaders = [
  'accept',
  'authorization',
  'cache-control',
  'content-type',
  'if-none-match',
  'last-event-id',
  'message-event',
  'message-key',
  'producer-epoch',
  'producer-id',
  'producer-seq',
  'stream-closed',
  'stream-expires-at',
  'stream-fork-offset',
  'stream-fork-sub-offset',
  'stream-forked-from',
  'stream-seq',
  'stream-ttl',
].join(', ')

const exposedHeaders = [
  'Anywire-Expires',
  'ETag',
  'Location',
  'Message-Event',
  'Message-Key',
  'Producer-Epoch',
  'Producer-Expected-Seq',
  'Producer-Received-Seq',
  'Producer-Seq',
  'Retry-After',
  'Stream-Closed',
  'Stream-Cursor',
  'Stream-Expires-At',
  'Stream-Next-Offset',
  'Stream-SSE-Data-Encoding',
  'Stream-Snapshot',
  'Stream-Snapshot-Until',
  'Stream-TTL',
  'Stream-Up-To-Date',
].join(', ')

/** What an answer says to pages elsewhere. */
export interface Sharing {
  /** The origin to echo: that of a page elsewhere which is allowed. */
  readonly origin: string | undefined
  /** It is listed, so it may read answers to requests with cookies. `*` lets pages read what anyone may read. */
  readonly credentials: boolean
  /** The answer depends on the origin, or on its absence: caches must keep them apart. */
  readonly varies: boolean
}

/** No page elsewhere is allowed. */
export const unshared: Sharing = { origin: undefined, credentials: false, varies: false }

/** Headers that let a page of the origin read the answer; none without an origin to echo. */
export function corsHeaders({ origin, credentials, varies }: Sharing): string[] {
  const vary = varies ? ['Vary', 'Origin'] : []
  if (origin === undefined) return vary
  return [
    'Access-Control-Allow-Origin',
    origin,
    ...(credentials ? ['Access-Control-Allow-Credentials', 'true'] : []),
    'Access-Control-Expose-Headers',
    exposedHeaders,
    ...vary,
  ]
}

/** The answer to `OPTIONS`, preflight or not. It names only an allowed origin; without one a browser stops. */
export function preflight(sharing: Sharing): { readonly status: number; readonly headers: string[] } {
  const headers = ['Access-Control-Allow-Methods', methods, 'Access-Control-Allow-Headers', requestHeaders]
  headers.push('Access-Control-Max-Age', '7200', 'Allow', methods, 'Cache-Control', 'no-store')
  return { status: 204, headers: [...headers, ...corsHeaders(sharing)] }
}
