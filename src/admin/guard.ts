/** Who may ask the internal port: host names, origins, and a credential beyond this machine. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { AnywireError } from '../protocol/error.js'
import { isForwarded } from '../server/door/forwarded.js'
import { isLoopback } from '../server/door/origin.js'

export interface GuardOptions {
  /** What `Authorization: Bearer` must show. Without it only this machine may ask for more than metrics and health. */
  readonly token?: string | undefined
  /** Host names by which it may be asked, besides localhost and addresses. */
  readonly hosts?: readonly string[] | undefined
}

/**
 * A page of somebody else may ask this port by a name that leads here (DNS rebinding), or as a foreign origin. An
 * address in place of a name cannot be rebound.
 * @throws AnywireError `forbidden`
 */
export function checkSource({ headers }: IncomingMessage, { hosts = [] }: GuardOptions): void {
  const asked = hostOf(headers.host)
  const bare = asked?.hostname.replace(/^\[(.*)\]$/, '$1') ?? ''
  // A probe of HTTP/1.0 names no host, and no page can do so.
  if (headers.host !== undefined && bare !== 'localhost' && isIP(bare) === 0 && !hosts.includes(bare)) {
    throw new AnywireError('forbidden', `This port is not asked by the name ${JSON.stringify(bare.slice(0, 80))}.`)
  }
  const { origin, 'sec-fetch-site': site } = headers
  const isForeign = origin !== undefined && hostOf(origin.replace(/^https?:\/\//, ''))?.host !== asked?.host
  if (isForeign || site === 'cross-site' || site === 'same-site') {
    throw new AnywireError('forbidden', 'Pages of other origins may not ask this port.')
  }
}

/** Undefined for what is no host. Another port of it is another origin. */
function hostOf(host: string | undefined): URL | undefined {
  if (host === undefined || !/^[\w.:[\]-]+$/.test(host) || !URL.canParse(`http://${host}`)) return undefined
  return new URL(`http://${host}`)
}

/** @throws AnywireError `unauthorized` */
export function checkCredential({ headers, socket }: IncomingMessage, { token }: GuardOptions): void {
  const shown = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]
  if (token !== undefined) {
    if (shown !== undefined && timingSafeEqual(digest(shown), digest(token))) return
    throw new AnywireError('unauthorized', 'This needs the token of the internal port.')
  }
  // Through a proxy of this machine others may come.
  if (isLoopback(socket.remoteAddress ?? '') && !isForwarded(headers)) return
  throw new AnywireError('unauthorized', 'Beyond this machine this needs a token, and none is configured.')
}

const digest = (text: string) => createHash('sha256').update(text).digest()
