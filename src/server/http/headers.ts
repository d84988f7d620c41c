/** The headers of every answer, and the answer for an error. PROTOCOL.md 6 and 7. */
import { insufficientScope, invalidToken } from '../../core/access/refusals.js'
import { remembered } from '../../core/remembered.js'
import { AnywireError } from '../../protocol/error.js'
import { mediaType } from '../../protocol/message.js'
import { corsHeaders, methods, type Sharing, unshared } from './cors.js'

const inline: ReadonlySet<string> = new Set(['application/json', 'text/plain', 'text/event-stream'])

/**
 * Names and values, one after the other, as `writeHead` takes them: what keeps a channel's bytes from running as a page
 * or script, and the CORS headers for the origin that is echoed. Without a content type (no body) nothing is attached.
 */
export function securityHeaders(contentType?: string, sharing = unshared): readonly string[] {
  const attached = contentType !== undefined && isAttached(contentType)
  if (sharing === unshared) return attached ? attachedHeaders : inlineHeaders
  return protection(attached, sharing)
}

const isAttached = remembered((contentType) => !inline.has(mediaType(contentType)), 1_000)

function protection(attached: boolean, sharing: Sharing): readonly string[] {
  const headers = [
    'X-Content-Type-Options',
    'nosniff',
    'Content-Security-Policy',
    "sandbox; default-src 'none'",
    'Cross-Origin-Resource-Policy',
    sharing.origin === undefined ? 'same-origin' : 'cross-origin',
  ]
  if (attached) headers.push('Content-Disposition', 'attachment')
  return [...headers, ...corsHeaders(sharing)]
}

/** Those of nearly all answers. */
const inlineHeaders = protection(false, unshared)
const attachedHeaders = protection(true, unshared)

export interface ErrorAnswer {
  readonly status: number
  readonly headers: string[]
  readonly body: Buffer
}

/**
 * [protocol 7] The status of the code, and its sentence and facts as JSON, with `anywire` beside them, which no proxy
 * says; facts that have a header are told there too. `allowed` are the methods that a refused one is told.
 */
export function errorResponse(thrown: unknown, sharing = unshared, allowed = methods): ErrorAnswer {
  const error = AnywireError.from(thrown)
  const body = Buffer.from(JSON.stringify({ anywire: 1, error }))
  const headers = [
    'Content-Type',
    'application/json',
    'Content-Length',
    String(body.length),
    'Cache-Control',
    'no-store',
    ...securityHeaders('application/json', sharing),
    ...factHeaders(error, allowed),
  ]
  return { status: error.meaning.http, headers, body }
}

function factHeaders(error: AnywireError, allowed: string): string[] {
  const { code, meaning, details } = error
  const headers: string[] = []
  const { offset, epoch, expected, received, retryMs } = details
  const challenge = challengeOf(error)
  if (challenge) headers.push('WWW-Authenticate', challenge)
  if (meaning.http === 405) headers.push('Allow', allowed)
  if (retryMs !== undefined || meaning.http === 429 || meaning.http === 503) {
    headers.push('Retry-After', String(Math.max(1, Math.ceil((retryMs ?? 1_000) / 1_000))))
  }
  if (code === 'closed') headers.push('Stream-Closed', 'true')
  if (offset !== undefined) headers.push('Stream-Next-Offset', offset)
  if (epoch !== undefined) headers.push('Producer-Epoch', String(epoch))
  if (expected !== undefined) headers.push('Producer-Expected-Seq', String(expected))
  if (received !== undefined) headers.push('Producer-Received-Seq', String(received))
  return headers
}

/** [RFC 6750 §3] A request without a credential is told of no error, and one that a rule refused of no challenge. */
function challengeOf({ meaning, details: { reason }, message }: AnywireError): string | undefined {
  if (reason !== invalidToken && reason !== insufficientScope) return meaning.http === 401 ? 'Bearer' : undefined
  // Only these characters may stand in it, and channels have any.
  const description = message
    .slice(0, 200)
    .replaceAll('"', "'")
    .replaceAll(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '?')
  return `Bearer error="${reason}", error_description="${description}"`
}
