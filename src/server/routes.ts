/** Finds the form of a request: the table of PROTOCOL.md 3 as code. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { AnywireError } from '../protocol/error.js'
import { nearestName } from '../protocol/nearest.js'
import { endWithin } from '../wires/ending.js'
import type { Context } from './context.js'
import { PaceError } from './door/accept-pace.js'
import type { Arrival } from './door/arrivals.js'
import type { Admission } from './door/door.js'
import { mayRead } from './door/permission.js'
import { anywirePost } from './forms/anywire/anywire-post.js'
import { catchUp } from './forms/catch-up.js'
import { describe } from './forms/describe.js'
import { durableStream } from './forms/durable-stream.js'
import { longPoll } from './forms/long-poll.js'
import { manyStreams } from './forms/many-streams.js'
import { retryMs, writeStreamHead } from './forms/open-stream.js'
import { plainPoll } from './forms/plain-poll.js'
import { plainStream } from './forms/plain-stream.js'
import { isRevoking, revoke } from './forms/revoke.js'
import { isScript, sendScript } from './forms/script.js'
import { append, create, remove } from './forms/write.js'
import { preflight } from './http/cors.js'
import { Exchange, leaveWhenDraining, sendError } from './http/exchange.js'
import { securityHeaders } from './http/headers.js'
import { lastEventIdOf } from './http/last-event-id.js'
import { header, queryOf, single, type Target, urlOf, wantsEventStream } from './http/target.js'

const ignored = (): void => undefined

/** @throws (or rejects with) what the request is refused for. Without a promise where nothing is waited for. */
type Form = (exchange: Exchange) => void | Promise<void>

/** Answers a request. Throws nothing: errors are sent to the client. Without a promise where nothing is waited for. */
export function answer(
  context: Context,
  request: IncomingMessage,
  response: ServerResponse,
  targetOf: () => Target,
): void | Promise<void> {
  response.on('error', ignored)
  // If the client disconnects meanwhile, the request ends here: nothing may have been counted yet.
  const turn = context.turns.behind(response)
  if (turn) return turn.then(() => attend(context, request, response, targetOf))
  return attend(context, request, response, targetOf)
}

function attend(
  context: Context,
  request: IncomingMessage,
  response: ServerResponse,
  targetOf: () => Target,
): void | Promise<void> {
  const arrival = context.connections.arrive()
  const failed = (thrown: unknown) => {
    try {
      refuse(context, request, response, thrown)
    } finally {
      arrival.done()
    }
  }
  try {
    const waits = enter(context, request, response, targetOf(), arrival)
    if (waits) return waits.then(() => arrival.done(), failed)
  } catch (thrown) {
    return failed(thrown)
  }
  arrival.done()
}

/** @throws (or rejects with) what the request is refused for. */
function enter(
  context: Context,
  request: IncomingMessage,
  response: ServerResponse,
  target: Target,
  arrival: Arrival,
): void | Promise<void> {
  if (request.method === 'OPTIONS') return answerOptions(context, request, response)
  const { channel } = target
  if (channel !== undefined && isScript(channel)) return sendScript(context, request, response, channel)
  const serve = (admission: Admission) => {
    const exchange = new Exchange(context, request, response, target, admission)
    if (context.draining)
      throw new AnywireError('draining', 'This server is leaving; connect again.', { details: { retryMs: retryMs() } })
    return route(exchange)
  }
  const admitted = context.door.admit(request, { arrival })
  return admitted instanceof Promise ? admitted.then(serve) : serve(admitted)
}

function route(exchange: Exchange): void | Promise<void> {
  const { method = 'GET' } = exchange.request
  const { channel } = exchange.target
  if (channel === undefined) return routeMount(exchange, method)
  if (isRevoking(channel)) return revoke(exchange)
  switch (method) {
    case 'GET':
      return read(exchange)
    case 'HEAD':
      return permitted(exchange, describe)
    case 'POST':
      return append(exchange)
    case 'PUT':
      return create(exchange)
    case 'DELETE':
      return remove(exchange)
    default:
      throw new AnywireError('bad-method', `A channel answers GET, HEAD, POST, PUT, DELETE and OPTIONS, not ${method}.`)
  }
}

function routeMount(exchange: Exchange, method: string): Promise<void> {
  if (method === 'POST') return anywirePost(exchange)
  if (method === 'GET' && wantsEventStream(exchange.request)) return manyStreams(exchange)
  throw new AnywireError(
    'bad-method',
    'This path names no channel: append "/" and its name, or POST what to subscribe to.',
  )
}

/** Destinations for which a browser would run the answer. */
const runs: ReadonlySet<string> = new Set([
  'script',
  'worker',
  'sharedworker',
  'serviceworker',
  'audioworklet',
  'paintworklet',
  'xslt',
  'style',
  'manifest',
])

function read(exchange: Exchange): void | Promise<void> {
  // `nosniff` keeps other types from running; a channel of text/javascript is what it says.
  if (runs.has(header(exchange.request, 'sec-fetch-dest') ?? ''))
    throw new AnywireError('forbidden', 'What a channel holds is not to be run: read it with fetch.')
  const live = single(exchange.target.query, 'live')
  switch (live) {
    case undefined:
      return permitted(exchange, wantsEventStream(exchange.request) ? plainStream : catchUp)
    case 'long-poll':
      return permitted(exchange, longPoll)
    case 'sse':
      return permitted(exchange, durableStream)
    case 'poll':
      return permitted(exchange, plainPoll)
    default:
      throw unknownLive(live)
  }
}

const lives = ['long-poll', 'sse', 'poll'] as const
/** Transports as the client calls them. A WebSocket is an upgrade, and no parameter. */
const meantBy: Readonly<Record<string, string>> = { stream: 'sse', 'event-stream': 'sse' }

function unknownLive(live: string): AnywireError {
  const meant = Object.hasOwn(meantBy, live) ? meantBy[live] : nearestName(live, lives)
  const hint = meant === undefined ? '' : ` Did you mean "${meant}"?`
  const sentence = `"live" must be "long-poll", "sse" or "poll"; it is ${JSON.stringify(live.slice(0, 40))}.${hint}`
  return new AnywireError('bad-request', sentence)
}

/** Without a promise of its own where nothing has to be waited for. */
function permitted(exchange: Exchange, act: Form): void | Promise<void> {
  const { context, channel, admission } = exchange
  const allowed = mayRead(context, channel, admission.principal)
  if (allowed) return allowed.then(() => inTurn(exchange, act))
  return inTurn(exchange, act)
}

function inTurn(exchange: Exchange, act: Form): void | Promise<void> {
  const turn = exchange.turn()
  return turn ? turn.then(() => act(exchange)) : act(exchange)
}

function answerOptions(context: Context, request: IncomingMessage, response: ServerResponse): void {
  context.door.check(request)
  const sharing = context.door.origins.sharing(request)
  const { status, headers } = preflight(sharing)
  leaveWhenDraining(context, response)
  response.writeHead(status, [...headers, ...securityHeaders()])
  endWithin(response, undefined, context.limits.stallMs)
}

/**
 * A browser's EventSource stops for good at a status that is not 200 when it reconnects: one that had been let in is
 * told to come back instead. PROTOCOL.md 3.4.
 */
function refuse(context: Context, request: IncomingMessage, response: ServerResponse, thrown: unknown): void {
  const error = context.report(thrown)
  context.refused(request, error)
  const resumes = wantsEventStream(request) && lastEventIdOf(request, queryOf(urlOf(request))) !== undefined
  const sharing = context.door.origins.sharing(request)
  const told = resumes || (error instanceof PaceError && wantsEventStream(request))
  if (told && request.method === 'GET' && error.meaning.retry === 'later' && !response.headersSent) {
    leaveWhenDraining(context, response)
    writeStreamHead(response, sharing)
    endWithin(response, Buffer.from(`retry: ${error.details.retryMs ?? retryMs()}\n\n`), context.limits.stallMs)
    return
  }
  sendError(context, response, error, sharing)
}
