/** What proxies say of a request: the client's address, the scheme and the host that it asked for. PROTOCOL.md 6.1. */
import type { IncomingHttpHeaders } from 'node:http'

/** What is trusted: nothing, `X-Forwarded-*`, or `Forwarded` (RFC 7239). */
export type TrustProxy = boolean | 'forwarded'

/** What the nearest proxy says. Each is undefined if it does not say it. */
export interface Forwarded {
  readonly address: string | undefined
  readonly host: string | undefined
  readonly scheme: string | undefined
}

const nothing: Forwarded = { address: undefined, host: undefined, scheme: undefined }

export function forwardedOf(headers: IncomingHttpHeaders, trust: TrustProxy): Forwarded {
  if (trust === false) return nothing
  if (trust === true) {
    return {
      address: lastOf(headers['x-forwarded-for']),
      host: lastOf(headers['x-forwarded-host']),
      scheme: lastOf(headers['x-forwarded-proto']),
    }
  }
  const nearest = parseForwarded(textOf(headers.forwarded)).at(-1)
  return { address: nearest?.get('for'), host: nearest?.get('host'), scheme: nearest?.get('proto') }
}

/** Headers in which proxies and the networks before them name their client: one address, or a list of them. */
const naming = [
  'x-forwarded-for',
  'x-original-forwarded-for',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-envoy-external-address',
  'true-client-ip',
  'cf-connecting-ip',
  'cf-connecting-ipv6',
  'fastly-client-ip',
  'fly-client-ip',
] as const

/** Headers that only a proxy sends. */
const marks: ReadonlySet<string> = new Set([...naming, 'forwarded', 'via', 'x-original-host', 'cdn-loop'])

/** Whether a proxy added one of these headers. Their values prove nothing: any client can send them. */
export function isForwarded(headers: IncomingHttpHeaders): boolean {
  for (const name in headers) if (marks.has(name) || name.startsWith('x-forwarded')) return true
  return false
}

/** Every address that any proxy of the chain names. What cannot be read is the empty address. */
export function addressesIn(headers: IncomingHttpHeaders): string[] {
  const lists = naming.map((name) => textOf(headers[name])).filter((text) => text !== '')
  const listed = lists.flatMap((text) => text.split(',').map((one) => one.trim()))
  const told = textOf(headers.forwarded)
  const elements = parseForwarded(told)
  return [...listed, ...(told === '' ? [] : elements.length === 0 ? [''] : elements.map((one) => one.get('for') ?? ''))]
}

/**
 * The elements of a `Forwarded` header, each with its parameters by lower-case name (RFC 7239 §4). None if any of it is
 * malformed: half of a list would name the wrong proxy as the nearest.
 */
export function parseForwarded(text: string): ReadonlyMap<string, string>[] {
  const elements: Map<string, string>[] = []
  let element = new Map<string, string>()
  pair.lastIndex = 0
  while (pair.lastIndex < text.length) {
    const [, name, token, quoted = '', end] = pair.exec(text) ?? []
    if (name === undefined || element.has(name.toLowerCase())) return []
    element.set(name.toLowerCase(), token ?? quoted.replaceAll(/\\(.)/g, '$1'))
    if (end === ';') continue
    elements.push(element)
    element = new Map()
  }
  return element.size === 0 ? elements : []
}

/** One parameter with what ends it: a semicolon, a comma or the end of the header. */
const pair = /\s*([\w!#$%&'*+.^`|~-]+)=(?:([\w!#$%&'*+.^`|~-]+)|"((?:[^"\\]|\\.)*)")\s*(;|,|$)/y

function lastOf(header: string | string[] | undefined): string | undefined {
  const text = textOf(header)
  return text.slice(text.lastIndexOf(',') + 1).trim() || undefined
}

function textOf(header: string | string[] | undefined): string {
  return Array.isArray(header) ? header.join(',') : (header ?? '')
}
