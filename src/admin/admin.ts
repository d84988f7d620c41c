/** The internal port: metrics, health, the dashboard, and the admin API below `/api/`. docs/operations.md. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { aString, checkShape } from '../core/shape.js'
import { AnywireError } from '../protocol/error.js'
import type { Hub } from '../server/hub.js'
import { allowedAt, answerApi } from './api/api.js'
import { Streams, streamPath } from './api/stream.js'
import { dashboard, dashboardPath } from './dashboard.js'
import { checkCredential, checkSource } from './guard.js'
import type { Metrics } from './metrics.js'
import { pageHeaders } from './page-files.js'

export interface AdminOptions<H = Hub> {
  /** What `/metrics` shows, of `createMetrics`. @default there are no metrics */
  readonly metrics?: Pick<Metrics<H>, 'contentType' | 'text' | 'channels'> | undefined
  /**
   * What `Authorization: Bearer` must show, for all but `/metrics` and health.
   * @default only this machine may ask for the rest
   */
  readonly token?: string | undefined
  /** Host names by which it may be asked, besides localhost and addresses. @default [] */
  readonly hosts?: readonly string[] | undefined
}

/** What answers for health: a hub, or several processes. */
export type Asked = Pick<Hub, 'readiness'>

/** Several processes have no hub that could be asked for more. */
const wholeHub = (asked: Asked | Hub): Hub | undefined => ('publish' in asked ? asked : undefined)

interface Answer {
  readonly status: number
  readonly type: string
  readonly text: string
}

type Route = (query: URLSearchParams) => Promise<Answer>

const json = 'application/json'
const plain = 'text/plain; charset=utf-8'
const allowed = 'GET, HEAD'

/**
 * Answers the requests of an internal port: `createServer(createAdmin(hub, { metrics })).listen(9090, '127.0.0.1')`.
 * @throws AnywireError `bad-request` for options that cannot be.
 */
export function createAdmin<H extends Asked = Hub>(hub: H, options: AdminOptions<H> = {}): RequestListener {
  checkShape<AdminOptions<H>>('createAdmin', options, {
    metrics: ['what createMetrics made', (value) => typeof Object(value).text === 'function'],
    token: aString,
    hosts: ['an array of host names', (value) => Array.isArray(value)],
  })
  const open = openRoutes(hub, options)
  const guarded = guardedRoutes(hub, options)
  const whole = wholeHub(hub)
  const streams = whole && new Streams(whole)
  return (request, response) => {
    const url = new URL(`http://internal${request.url?.startsWith('/') ? request.url : '/'}`)
    answer(request, response, url).then(
      (found) => found && send(request, response, url, found),
      (thrown) => send(request, response, url, refusalOf(thrown, url), thrown),
    )
  }

  /** Undefined: it answers by itself. */
  async function answer(request: IncomingMessage, response: ServerResponse, url: URL): Promise<Answer | undefined> {
    checkSource(request, options)
    if (url.pathname.startsWith('/api/')) return answerGuarded(request, response, url)
    request.resume()
    return answerPlain(request, url)
  }

  async function answerGuarded(request: IncomingMessage, response: ServerResponse, url: URL) {
    checkCredential(request, options)
    if (!whole || !streams) throw new AnywireError('unknown-channel', 'The internal port of workers has no API.')
    if (url.pathname === streamPath && request.method === 'GET') {
      streams.start(response, url.searchParams)
      return undefined
    }
    const value = await answerApi(whole, request, url)
    if (value) return { status: 200, type: json, text: JSON.stringify(value) }
    throw new AnywireError('unknown-channel', 'There is nothing at this path: see /api/openapi.json.')
  }

  async function answerPlain(request: IncomingMessage, { pathname, searchParams }: URL): Promise<Answer> {
    const file = whole && dashboard.at(pathname)
    if (file) {
      checkMethod(request)
      return { status: 200, ...file }
    }
    const route = open.get(pathname) ?? guarded.get(pathname)
    if (route === undefined) {
      const more = whole ? ['/api/openapi.json', dashboardPath] : []
      const known = [...open.keys(), ...guarded.keys(), ...more].join(', ')
      return { status: 404, type: plain, text: `There is nothing at this path. There are ${known}.\n` }
    }
    checkMethod(request)
    if (guarded.has(pathname)) checkCredential(request, options)
    return route(searchParams)
  }
}

/** @throws AnywireError `bad-method` */
function checkMethod({ method }: IncomingMessage): void {
  if (method !== 'GET' && method !== 'HEAD') throw new AnywireError('bad-method', `This is for ${allowed}.`)
}

function openRoutes<H extends Asked>(hub: H, { metrics }: AdminOptions<H>): Map<string, Route> {
  const routes = new Map<string, Route>([
    ['/healthz', async () => ({ status: 200, type: plain, text: 'alive\n' })],
    ['/readyz', () => readiness(hub)],
  ])
  if (metrics) {
    routes.set('/metrics', async () => ({ status: 200, type: metrics.contentType, text: await metrics.text(hub) }))
  }
  return routes
}

function guardedRoutes<H extends Asked>(hub: H, { metrics }: AdminOptions<H>): Map<string, Route> {
  if (!metrics) return new Map()
  const channels: Route = async (query) => {
    const text = await metrics.channels(hub, topOf(query.get('top')))
    return { status: 200, type: metrics.contentType, text }
  }
  return new Map([['/metrics/channels', channels]])
}

async function readiness(hub: Asked): Promise<Answer> {
  const state = await hub.readiness()
  return { status: state === 'ready' ? 200 : 503, type: plain, text: `${state}\n` }
}

/** Channels that one answer shows at most: each is a label of its own. */
const mostChannels = 1_000

/** @throws AnywireError `bad-request` */
function topOf(text: string | null): number {
  const top = Number(text ?? 50)
  if (Number.isSafeInteger(top) && top >= 1 && top <= mostChannels) return top
  throw new AnywireError('bad-request', `"top" must be a whole number from 1 to ${mostChannels}.`)
}

function refusalOf(thrown: unknown, { pathname }: URL): Answer {
  const { code, message, meaning } = AnywireError.from(thrown)
  const status = meaning.http
  if (pathname.startsWith('/api/')) return { status, type: json, text: JSON.stringify({ code, message }) }
  return { status, type: plain, text: `${message}\n` }
}

function send(request: IncomingMessage, response: ServerResponse, url: URL, answer: Answer, thrown?: unknown) {
  const { status, type, text } = answer
  const challenge = status === 401 && thrown ? { 'www-authenticate': 'Bearer' } : {}
  const headers = {
    'content-type': type,
    'content-length': Buffer.byteLength(text),
    ...pageHeaders,
    ...(status === 405 && { allow: allowedAt(url.pathname) }),
    ...challenge,
  }
  response.on('error', () => undefined)
  if (response.headersSent) return response.destroy()
  // What was not read of a body that is refused would be taken for the next request.
  if (!request.complete) response.shouldKeepAlive = false
  response.writeHead(status, headers)
  response.end(request.method === 'HEAD' ? undefined : text)
}
