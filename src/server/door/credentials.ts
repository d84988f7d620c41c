/** Finds the credential in a request, and keeps it out of logs. PROTOCOL.md 6.1. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Credential } from '../options.js'

/** The part of a request that is used here. */
export interface CredentialRequest {
  readonly headers: IncomingHttpHeaders
  readonly url?: string | undefined
}

export interface CredentialPlaces {
  /** Name of the cookie, if one may carry a credential. */
  readonly cookie?: string | undefined
  readonly queryToken?: boolean | undefined
}

export interface CredentialFacts {
  /**
   * `Origin` is absent, our own host, or listed: only then does a cookie count, since a browser sends it for any page.
   */
  readonly cookieCounts: boolean
  readonly websocket: boolean
}

const tokenProtocol = 'anywire.token.'

/** The first credential in the order of PROTOCOL.md 6.1; undefined if there is none. */
export function findCredential(
  request: CredentialRequest,
  places: CredentialPlaces,
  facts: CredentialFacts,
): Credential | undefined {
  const { headers } = request
  const bearer = /^bearer +(\S+)\s*$/i.exec(headers.authorization ?? '')?.[1]
  if (bearer) return { kind: 'bearer', token: bearer }
  const cookie = places.cookie && facts.cookieCounts && cookieOf(headers.cookie, places.cookie)
  if (cookie) return { kind: 'cookie', token: cookie }
  const protocol = facts.websocket && protocolsOf(headers).find((one) => one.startsWith(tokenProtocol))
  if (protocol && protocol.length > tokenProtocol.length) {
    return { kind: 'subprotocol', token: protocol.slice(tokenProtocol.length) }
  }
  const query = places.queryToken && queryOf(request.url)
  return query ? { kind: 'query', token: query } : undefined
}

/** The WebSocket subprotocols that a client offers. Those that begin with `anywire.token.` are never echoed. */
export function protocolsOf(headers: IncomingHttpHeaders): readonly string[] {
  const offered = headers['sec-websocket-protocol']
  return offered ? offered.split(',').map((one) => one.trim()) : []
}

/** A URL for logs: without the values of `?token=` and `?grant=`. */
export function redact(url: string): string {
  const start = url.indexOf('?')
  if (start < 0) return url
  const pairs = url.slice(start + 1).split('&')
  return url.slice(0, start + 1) + pairs.map(redactPair).join('&')
}

/** A server reads the name of a pair however it is escaped. */
function redactPair(pair: string): string {
  const params = new URLSearchParams(pair)
  const name = ['token', 'grant'].find((one) => params.has(one))
  return name === undefined ? pair : `${name}=[redacted]`
}

function queryOf(url = ''): string | undefined {
  const start = url.indexOf('?')
  return start < 0 ? undefined : (new URLSearchParams(url.slice(start)).get('token') ?? undefined)
}

function cookieOf(header: string | undefined, name: string): string | undefined {
  for (const pair of (header ?? '').split(';')) {
    const equals = pair.indexOf('=')
    if (equals < 0 || pair.slice(0, equals).trim() !== name) continue
    return decoded(
      pair
        .slice(equals + 1)
        .trim()
        .replace(/^"(.*)"$/, '$1'),
    )
  }
  return undefined
}

function decoded(value: string): string {
  if (!value.includes('%')) return value
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
