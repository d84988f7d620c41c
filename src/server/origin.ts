/** Whose page asks, by which host name, from which address. PROTOCOL.md 6.1. */
import type { IncomingHttpHeaders } from 'node:http'
import { isIPv4 } from 'node:net'
import { AnywireError } from '../protocol/error.js'

/** What of a request is looked at here. */
export interface OriginRequest {
  readonly headers: IncomingHttpHeaders
  readonly method?: string | undefined
  readonly socket: { readonly remoteAddress?: string | undefined; readonly encrypted?: boolean | undefined }
}

export interface OriginOptions {
  /** Foreign origins allowed, e.g. `https://app.example`; `*` for all, whose cookies then do not count. */
  readonly origins?: readonly string[] | undefined
  readonly hosts?: readonly string[] | undefined
  readonly trustProxy?: boolean | undefined
}

/** `absent`: no page, or a same-origin read; `own`: this host; `listed`: in `origins`; `any`: let in by `*` only; `foreign`: the rest, and `null`. */
export type Standing = 'absent' | 'own' | 'listed' | 'any' | 'foreign'

export interface Origins {
  standing(request: OriginRequest): Standing
  /** The origin to echo in CORS headers: that of a page elsewhere which is allowed. */
  echo(request: OriginRequest): string | undefined
  /** Whether `Origin` is absent, our own host, or allowed. */
  originAllowed(request: OriginRequest): boolean
  /** The client's address; with `trustProxy` the last of `X-Forwarded-For`, which is what the nearest proxy saw. */
  addressOf(request: OriginRequest): string
  /** @throws AnywireError `forbidden` for an unsafe method or a WebSocket from a foreign page. */
  checkOrigin(request: OriginRequest, websocket: boolean): void
  /** For a server without `authenticate`. @throws AnywireError `forbidden` for another machine, `misdirected` for a host name that is not this machine's. */
  checkLocal(request: OriginRequest): void
}

const localHosts: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])
const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/** @throws AnywireError `bad-request` for an entry of `origins` that is no origin. */
export function createOrigins({ origins = [], hosts = [], trustProxy = false }: OriginOptions = {}): Origins {
  const listed = new Set(origins.filter((one) => one !== '*').map(checkListed))
  const any = origins.includes('*')
  const named: ReadonlySet<string> = new Set(hosts.map((host) => host.toLowerCase()))

  function hostOf(request: OriginRequest): string {
    const { headers } = request
    const forwarded = trustProxy ? lastOf(headers['x-forwarded-host']) : undefined
    return (forwarded ?? headers.host ?? String(headers[':authority'] ?? '')).toLowerCase()
  }

  /** Behind a proxy that does not tell, the scheme of a plain connection is not known. */
  function isEncrypted(request: OriginRequest): boolean {
    const forwarded = trustProxy ? lastOf(request.headers['x-forwarded-proto']) : undefined
    return forwarded ? forwarded.toLowerCase() === 'https' : request.socket.encrypted === true
  }

  function standing(request: OriginRequest): Standing {
    const { origin } = request.headers
    if (origin === undefined) return 'absent'
    if (isOwn(origin.toLowerCase(), hostOf(request), isEncrypted(request))) return 'own'
    if (listed.has(origin.toLowerCase())) return 'listed'
    return any ? 'any' : 'foreign'
  }

  function addressOf({ headers, socket }: OriginRequest): string {
    const forwarded = trustProxy ? lastOf(headers['x-forwarded-for']) : undefined
    return forwarded ? withoutPort(forwarded) : (socket.remoteAddress ?? '')
  }

  return {
    standing,
    addressOf,
    echo(request) {
      const found = standing(request)
      return found === 'listed' || found === 'any' ? request.headers.origin : undefined
    },
    originAllowed: (request) => standing(request) !== 'foreign',
    checkOrigin(request, websocket) {
      if (!websocket && safeMethods.has(request.method ?? 'GET')) return
      if (standing(request) !== 'foreign') return
      const origin = JSON.stringify(request.headers.origin?.slice(0, 120))
      const sentence = `Pages of ${origin} may not do this: name it in "origins", or, if it is this server behind a proxy, set "trustProxy".`
      throw new AnywireError('forbidden', sentence)
    },
    checkLocal(request) {
      if (!isLoopback(addressOf(request))) {
        throw new AnywireError(
          'forbidden',
          'Without "authenticate" only this machine is served: set "authenticate" to serve others.',
        )
      }
      const host = hostOf(request)
      const name = withoutPort(host)
      if (localHosts.has(bracketed(name)) || named.has(name) || named.has(host)) return
      const sentence = `This server is not known as ${JSON.stringify(host.slice(0, 120))}: ask for localhost, or name it in "hosts".`
      throw new AnywireError('misdirected', sentence)
    },
  }
}

/** 127.0.0.0/8, ::1, and the former as IPv6 spells it. */
export function isLoopback(address: string): boolean {
  if (address === '::1') return true
  const v4 = address.toLowerCase().startsWith('::ffff:') ? address.slice(7) : address
  return isIPv4(v4) && v4.startsWith('127.')
}

function isOwn(origin: string, host: string, encrypted: boolean): boolean {
  if (host === '') return false
  if (origin === `https://${host}`) return true
  if (origin === `http://${host}`) return !encrypted
  // The default port may stand in one and not in the other.
  const scheme = /^https?:/.exec(origin)?.[0]
  if (scheme === undefined || (encrypted && scheme === 'http:')) return false
  return URL.canParse(`${scheme}//${host}`) && new URL(`${scheme}//${host}`).origin === origin
}

function checkListed(text: string): string {
  const url = URL.canParse(text) && !text.includes('*') ? new URL(text) : undefined
  if (url && url.origin !== 'null' && `${url.origin}/` === url.href) return url.origin
  throw new AnywireError(
    'bad-request',
    `The entry ${JSON.stringify(text)} of "origins" is no origin: write scheme, host and, if it is not the default, port, as in "https://app.example".`,
  )
}

function lastOf(header: string | string[] | undefined): string | undefined {
  const text = Array.isArray(header) ? header.at(-1) : header
  return text?.slice(text.lastIndexOf(',') + 1).trim() || undefined
}

function bracketed(name: string): string {
  return name === '::1' ? '[::1]' : name
}

/** An address or host without its port: `a:1` is `a`, `[::1]:1` is `::1`. */
function withoutPort(text: string): string {
  const bracket = /^\[([^\]]*)\](:\d*)?$/.exec(text)
  if (bracket) return bracket[1]!
  return /^[^:]*:\d*$/.test(text) ? text.slice(0, text.indexOf(':')) : text
}
