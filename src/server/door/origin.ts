/** Origin, host name and address of a request. PROTOCOL.md 6.1. */
import type { IncomingHttpHeaders } from 'node:http'
import { isIPv4 } from 'node:net'
import { remembered } from '../../core/remembered.js'
import { AnywireError } from '../../protocol/error.js'
import { type Sharing, unshared } from '../http/cors.js'
import { addressesIn, forwardedOf, isForwarded, type TrustProxy } from './forwarded.js'

/** The part of a request that is used here. */
export interface OriginRequest {
  readonly headers: IncomingHttpHeaders
  readonly method?: string | undefined
  /** Names and values in turn, as they came: shows what comes twice. */
  readonly rawHeaders?: readonly string[] | undefined
  readonly socket: { readonly remoteAddress?: string | undefined; readonly encrypted?: boolean | undefined }
}

export interface OriginOptions {
  /** Foreign origins allowed, e.g. `https://app.example`; `*` for all, whose cookies then do not count. */
  readonly origins?: readonly string[] | undefined
  readonly hosts?: readonly string[] | undefined
  readonly trustProxy?: TrustProxy | undefined
}

/**
 * `absent`: no page, or a same-origin read; `own`: this host; `listed`: in `origins`; `any`: let in by `*` only;
 * `foreign`: the rest, and `null`.
 */
export type Standing = 'absent' | 'own' | 'listed' | 'any' | 'foreign'

/** Pages elsewhere may be allowed, and this one is not. */
const closed: Sharing = { ...unshared, varies: true }

const localHosts: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])
const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

export class Origins {
  readonly #listed: ReadonlySet<string>
  /** `*` is listed. */
  readonly #any: boolean
  readonly #none: boolean
  readonly #hosts: ReadonlySet<string>
  readonly #trustProxy: TrustProxy
  readonly #isOurs: (host: string) => boolean

  /** @throws AnywireError `bad-request` for an entry of `origins` that is no origin. */
  constructor({ origins = [], hosts = [], trustProxy = false }: OriginOptions = {}) {
    this.#listed = new Set(origins.filter((one) => one !== '*').map(checkListed))
    this.#any = origins.includes('*')
    this.#none = origins.length === 0
    this.#hosts = new Set(hosts.map((host) => host.toLowerCase()))
    this.#trustProxy = trustProxy
    this.#isOurs = remembered((host) => {
      const name = withoutPort(host)
      return localHosts.has(bracketed(name)) || this.#hosts.has(name) || this.#hosts.has(host)
    }, 1_000)
  }

  standing(request: OriginRequest): Standing {
    const { origin } = request.headers
    if (origin === undefined) return 'absent'
    if (isOwn(origin.toLowerCase(), this.#hostOf(request), this.#isEncrypted(request))) return 'own'
    if (this.#listed.has(origin.toLowerCase())) return 'listed'
    return this.#any ? 'any' : 'foreign'
  }

  /** What CORS headers say: the origin to echo is that of a page elsewhere which is allowed. */
  sharing(request: OriginRequest): Sharing {
    if (this.#none) return unshared
    const standing = this.standing(request)
    if (standing !== 'listed' && standing !== 'any') return closed
    return { origin: request.headers.origin, credentials: standing === 'listed', varies: true }
  }

  /** The client's address; with `trustProxy` what the nearest proxy saw. */
  addressOf({ headers, socket }: OriginRequest): string {
    const { address } = forwardedOf(headers, this.#trustProxy)
    return address ? withoutPort(address) : (socket.remoteAddress ?? '')
  }

  /** Scheme and host by which this server was asked. */
  ownOrigin(request: OriginRequest): string {
    return `${this.#isEncrypted(request) ? 'https' : 'http'}://${this.#hostOf(request) || 'localhost'}`
  }

  /** @throws AnywireError `forbidden` for an unsafe method or a WebSocket from a foreign page. */
  checkOrigin(request: OriginRequest, websocket: boolean): void {
    if (!websocket && safeMethods.has(request.method ?? 'GET')) return
    if (this.standing(request) !== 'foreign') return
    const origin = JSON.stringify(request.headers.origin?.slice(0, 120))
    const sentence =
      `Pages of ${origin} may not do this: name it in "origins", or, if it is this server behind a proxy, set ` +
      '"trustProxy".'
    throw new AnywireError('forbidden', sentence)
  }

  /**
   * The first check of every request. `open`: there is no `authenticate`, so that only this machine is served.
   * @throws AnywireError `bad-request` for two hosts, `forbidden` for another machine, `misdirected` for a host name
   * that is not ours.
   */
  checkHost(request: OriginRequest, open: boolean): void {
    checkOneHost(request)
    if (open) this.#checkLocal(request)
    else if (this.#hosts.size === 0) return
    this.#checkName(this.#hostOf(request))
    // A page can write what a proxy writes, once its name resolves to this machine. It cannot change the name in
    // `Host`.
    if (open && this.#trustProxy !== false) this.#checkName(ownHostOf(request))
  }

  #hostOf(request: OriginRequest): string {
    const { host } = forwardedOf(request.headers, this.#trustProxy)
    return host?.toLowerCase() ?? ownHostOf(request)
  }

  /** Behind a proxy that does not say, the scheme of a plain connection is not known. */
  #isEncrypted(request: OriginRequest): boolean {
    const { scheme } = forwardedOf(request.headers, this.#trustProxy)
    return scheme ? scheme.toLowerCase() === 'https' : request.socket.encrypted === true
  }

  /**
   * Every client that a proxy names must be on this machine, and the proxy too: others could write the same headers.
   */
  #checkLocal(request: OriginRequest): void {
    const trustProxy = this.#trustProxy
    const forwarded = isForwarded(request.headers)
    if (forwarded && trustProxy === false) throw new AnywireError('forbidden', proxied)
    if (forwarded && forwardedOf(request.headers, trustProxy).address === undefined) {
      const header = trustProxy === 'forwarded' ? 'Forwarded: for=' : 'X-Forwarded-For'
      throw new AnywireError('forbidden', `The proxy does not say who asks: let it set "${header}".`)
    }
    const named = forwarded ? [...addressesIn(request.headers).map(withoutPort), peerOf(request)] : []
    if (isLoopback(this.addressOf(request)) && named.every(isLoopback)) return
    throw new AnywireError(
      'forbidden',
      'Without "authenticate" only this machine is served: set "authenticate" to serve others.',
    )
  }

  #checkName(host: string): void {
    if (this.#isOurs(host)) return
    const sentence =
      `This server is not known as ${JSON.stringify(host.slice(0, 120))}: ask for localhost, or name it in ` +
      '"hosts".'
    throw new AnywireError('misdirected', sentence)
  }
}

/** The host of the request itself, without what a proxy says. */
function ownHostOf({ headers }: OriginRequest): string {
  return (headers.host ?? String(headers[':authority'] ?? '')).toLowerCase()
}

/**
 * The address of the peer: the proxy's, if there is one. A socket without an address (a Unix socket) is of this
 * machine.
 */
function peerOf({ socket }: OriginRequest): string {
  return socket.remoteAddress ?? '127.0.0.1'
}

const proxied =
  'Without "authenticate" only this machine is served, and this request came through a proxy: ' +
  'set "authenticate", or "trustProxy" if the proxy serves only this machine too.'

/** [RFC 9112 §3.2, RFC 9113 §8.3.1] Of two hosts a proxy may have looked at the other one. */
function checkOneHost({ headers, rawHeaders = [] }: OriginRequest): void {
  let hosts = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? ''
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++
  }
  const authority = headers[':authority']
  if (hosts < 2 && (authority === undefined || headers.host === undefined || authority === headers.host)) return
  throw new AnywireError('bad-request', 'The request names two hosts: send one "Host".')
}

/** 127.0.0.0/8, ::1, and the former as IPv6 spells it. */
export const isLoopback = remembered((address) => {
  if (address === '::1') return true
  const v4 = address.toLowerCase().startsWith('::ffff:') ? address.slice(7) : address
  return isIPv4(v4) && v4.startsWith('127.')
}, 1_000)

function isOwn(origin: string, host: string, encrypted: boolean): boolean {
  if (host === '') return false
  if (origin === `https://${host}`) return true
  if (origin === `http://${host}`) return !encrypted
  // The default port may stand in one and not in the other.
  const scheme = /^https?:/.exec(origin)?.[0]
  if (scheme === undefined || (encrypted && scheme === 'http:')) return false
  return URL.canParse(`${scheme}//${host}`) && new URL(`${scheme}//${host}`).origin === origin
}

/** What browsers call opaque or give to a page of any file. */
const noOrigins: ReadonlySet<string> = new Set([
  'http',
  'https',
  'ws',
  'wss',
  'file',
  'data',
  'blob',
  'about',
  'javascript',
])

/**
 * The origin of an app shell or extension, as `capacitor://localhost` or `chrome-extension://<id>`: browsers say of it
 * what stands in the header.
 */
function isShell(text: string): boolean {
  const [, scheme = ''] = /^([a-z][a-z0-9+.-]*):\/\/[a-z0-9._-]+(?::\d+)?$/i.exec(text) ?? []
  return scheme !== '' && !noOrigins.has(scheme.toLowerCase())
}

function checkListed(text: string): string {
  const url = URL.canParse(text) && !text.includes('*') ? new URL(text) : undefined
  if (url && url.origin !== 'null' && `${url.origin}/` === url.href) return url.origin
  if (isShell(text)) return text.toLowerCase()
  throw new AnywireError(
    'bad-request',
    `The entry ${JSON.stringify(text)} of "origins" is no origin: write scheme, host and, if it is not the ` +
      'default, port, as in "https://app.example" or "capacitor://localhost".',
  )
}

function bracketed(name: string): string {
  return name === '::1' ? '[::1]' : name
}

/** An address or host without its port: `a:1` is `a`, `[::1]:1` is `::1`. */
function withoutPort(text: string): string {
  const [, bracketed] = /^\[([^\]]*)\](:\d*)?$/.exec(text) ?? []
  if (bracketed !== undefined) return bracketed
  return /^[^:]*:\d*$/.test(text) ? text.slice(0, text.indexOf(':')) : text
}
