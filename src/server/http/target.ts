/** What a request asks for: the channel its path names and the parameters of its query. */
import type { IncomingMessage } from 'node:http'
import { keepNewest } from '../../core/bound.js'
import type { Limits } from '../../core/limits.js'
import { AnywireError } from '../../protocol/error.js'
import { type ChannelName, nameFromPath } from '../../protocol/name.js'
import type { Origins } from '../door/origin.js'

export interface Target {
  /** Undefined: the mount path itself. */
  readonly channel: ChannelName | undefined
  readonly query: URLSearchParams
}

/** Properties of frameworks that mount at a path and remove it from `url`. */
interface Mounted {
  /** Express: what was cut off. */
  readonly baseUrl?: unknown
  /** Connect: the URL as the client sent it. */
  readonly originalUrl?: unknown
}

/**
 * The requested path, with what a mount has removed. A URL that a middleware rewrote counts as rewritten: what it
 * checked, to allow it or to confine it, must not be another channel than the one that is served.
 */
export function urlOf(request: IncomingMessage): string {
  const url = originForm(request.url ?? '/')
  const { baseUrl, originalUrl } = request as Mounted
  if (typeof baseUrl === 'string') return baseUrl + url
  return typeof originalUrl === 'string' ? uncut(originForm(originalUrl), url) : url
}

/** The URL before a mount removed its beginning. If it does not end in the same way, it was rewritten. */
function uncut(original: string, url: string): string {
  // For the mount path itself "/" is left.
  const rest = /^\/(?=\?|$)/.test(url) && !original.endsWith(url) ? url.slice(1) : url
  return original.endsWith(rest) ? original : url
}

/** A proxy may ask in absolute form, `http://host/path?query` (RFC 9112 §3.2.2): its path and query. */
function originForm(url: string): string {
  if (url.startsWith('/') || !URL.canParse(url)) return url
  const { pathname, search } = new URL(url)
  return pathname + search
}

/** A mount path. @throws AnywireError `bad-request` for one that is none. */
export function checkPath(path: string): string {
  if (/^(\/[^/?#\s]+)+$/.test(path)) return path
  throw new AnywireError(
    'bad-request',
    `The path ${JSON.stringify(path)} must begin with "/" and must not end with it, as in "/channels".`,
  )
}

/** Whether a URL is the mount path or lies below it. */
export function isUnder(url: string, mount: string): boolean {
  if (!url.startsWith(mount)) return false
  const next = url.charAt(mount.length)
  return next === '' || next === '/' || next === '?'
}

/**
 * Reads the URL of a request under `mount`. `nameOf`: what `namesOf` answers.
 * @throws AnywireError `bad-request` for a name that is none, `unknown-channel` for a URL that is not under the mount.
 */
export function targetOf(url: string, mount: string, nameOf: (rest: string) => ChannelName): Target {
  const mark = url.indexOf('?')
  const path = mark < 0 ? url : url.slice(0, mark)
  if (!isUnder(path, mount))
    throw new AnywireError(
      'unknown-channel',
      `Nothing is served at ${JSON.stringify(path.slice(0, 80))}; channels are below "${mount}/".`,
    )
  const rest = path.slice(mount.length + 1)
  return { channel: rest === '' ? undefined : nameOf(rest), query: queryOf(url) }
}

/** Names that are remembered. */
const remembered = 10_000
/** Longer ones are read each time. */
const longest = 256

/** `nameFromPath` for the paths of one hub, which mostly name the same channels again. The limit may change. */
export function namesOf(limits: Pick<Limits, 'nameBytes'>): (rest: string) => ChannelName {
  const known = new Map<string, ChannelName>()
  let knownFor = limits.nameBytes
  return (rest) => {
    const { nameBytes } = limits
    if (nameBytes !== knownFor) known.clear()
    knownFor = nameBytes
    const found = known.get(rest)
    if (found !== undefined) return found
    const name = nameFromPath(rest, nameBytes)
    // What was decoded is a text of its own; `rest` would keep the whole URL.
    if (name !== rest || name.length > longest) return name
    known.set(name, name)
    keepNewest(known, remembered)
    return name
  }
}

/** The query of most requests. Nobody adds to it. */
export const noQuery = new URLSearchParams()

export function queryOf(url: string): URLSearchParams {
  const mark = url.indexOf('?')
  return mark < 0 ? noQuery : new URLSearchParams(url.slice(mark + 1))
}

/** A parameter that may come once. @throws AnywireError `bad-request` if it is empty or comes again. */
export function single(query: URLSearchParams, name: string): string | undefined {
  const values = query.getAll(name)
  if (values.length === 0) return undefined
  if (values.length > 1)
    throw new AnywireError('bad-request', `The parameter "${name}" comes ${values.length} times; send it once.`)
  if (values[0] === '')
    throw new AnywireError('bad-request', `The parameter "${name}" is empty; leave it out or give it a value.`)
  return values[0]
}

/** A request header that may come once, as a string. */
export function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value.join(', ') : value
}

/**
 * Whether the client would take an event stream, having named it (`Accept: *\/*` does not). RFC 9110 §12.5.1: a weight
 * of 0 refuses it.
 */
export function wantsEventStream({ headers }: IncomingMessage): boolean {
  const accept = headers.accept?.toLowerCase()
  if (accept === undefined || !accept.includes(eventStreamType)) return false
  return accept === eventStreamType || accept.split(',').some(takesEventStream)
}

const eventStreamType = 'text/event-stream'

function takesEventStream(range: string): boolean {
  const [type, ...params] = range.split(';').map((part) => part.trim())
  return type === eventStreamType && !params.some((param) => /^q\s*=\s*0(?:\.0*)?$/.test(param))
}

/** The absolute URL that was asked for, without its query. */
export function ownUrl(request: IncomingMessage, origins: Origins): string {
  return origins.ownOrigin(request) + urlOf(request).split('?', 1)[0]
}

/** A reader wants to know which span each message comes from: `?traceparent=true`. */
export function asksTraces({ url = '' }: IncomingMessage): boolean {
  return /[?&]traceparent=true(&|$)/.test(url)
}
