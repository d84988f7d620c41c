/** One HTTP request and its answer. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { AnywireError } from '../../protocol/error.js'
import type { ChannelName } from '../../protocol/name.js'
import { endWithin } from '../../wires/ending.js'
import { streamOf } from '../../wires/http2.js'
import type { Context } from '../context.js'
import { type Admission, checkExpiry } from '../door/door.js'
import { servedAs } from './active-types.js'
import { readBody } from './body.js'
import type { Sharing } from './cors.js'
import { errorResponse, securityHeaders } from './headers.js'
import { noQuery, type Target } from './target.js'

export class Exchange {
  readonly context: Context
  readonly request: IncomingMessage
  readonly response: ServerResponse
  target: Target
  readonly admission: Admission
  /** Its client asks again over this connection, also while others are sent away: its turn has not come. */
  staysHere = false

  constructor(
    context: Context,
    request: IncomingMessage,
    response: ServerResponse,
    target: Target,
    admission: Admission,
  ) {
    this.context = context
    this.request = request
    this.response = response
    this.target = target
    this.admission = admission
  }

  /** @throws AnywireError `bad-request` on the mount path itself. */
  get channel(): ChannelName {
    const { channel } = this.target
    if (channel !== undefined) return channel
    throw new AnywireError('bad-request', 'This path names no channel; append "/" and its name.')
  }

  /** The body of the request. @throws AnywireError as `readBody`. */
  readBody(maxBytes: number): Promise<Buffer> {
    const { bodyTimes: times, receiving } = this.context
    return readBody(this.request, { maxBytes, times, receipt: receiving.of(this.admission.address) })
  }

  /** Resolves when there is room for an answer as long as a page; undefined: at once. */
  turn(): Promise<void> | undefined {
    const { context, response, admission } = this
    return context.turns.forPage(response, context.door.proxied ? admission.address : undefined)
  }

  /**
   * @throws AnywireError `unauthorized` if the principal, or who reads the channel, was sent away since the request
   * came, `forbidden` if its right to the channel was revoked.
   */
  checkStanding(): void {
    const { principal, arrival } = this.admission
    arrival?.check(principal, [this.channel])
    this.#checkRevoked(this.channel)
  }

  /**
   * Called when a body has arrived, which may take minutes: a principal that was disconnected meanwhile, or whose
   * credential expired, publishes nothing.
   * @throws AnywireError `unauthorized`
   */
  checkSender(): void {
    const { principal, arrival } = this.admission
    arrival?.check(principal)
    checkExpiry(principal)
    this.#checkRevoked()
  }

  #checkRevoked(channel?: ChannelName): void {
    const refusal = this.context.revocations.refusal(this.admission.principal, channel)
    if (refusal) throw refusal
  }

  /** Drops the URL's query once it has been read: a waiting request should use little memory. */
  rest(): void {
    this.context.turns.weigh(this.response, 0)
    this.target = { channel: this.target.channel, query: noQuery }
  }

  /** The head of an answer with a body, security and CORS headers included. */
  writeHead(status: number, contentType: string | undefined, headers: readonly string[]): void {
    if (!this.staysHere || this.context.draining) leaveWhenDraining(this.context, this.response)
    const served = contentType === undefined ? undefined : servedAs(this.request, contentType)
    this.response.writeHead(status, [
      ...(served === undefined ? [] : ['Content-Type', served.contentType, ...served.headers]),
      ...headers,
      ...securityHeaders(contentType, this.admission.sharing),
    ])
  }

  send(status: number, contentType: string, headers: readonly string[], body: string | Uint8Array): void {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    this.context.turns.weigh(this.response, bytes.length)
    this.writeHead(status, contentType, [...headers, 'Content-Length', String(bytes.length)])
    endWithin(this.response, this.request.method === 'HEAD' ? undefined : bytes, this.context.limits.stallMs)
  }

  /** 204, or another status without a body. */
  empty(headers: readonly string[], status = 204): void {
    this.writeHead(status, undefined, status === 204 || status === 304 ? headers : [...headers, 'Content-Length', '0'])
    endWithin(this.response, undefined, this.context.limits.stallMs)
  }

  fail(thrown: unknown, headers: readonly string[] = []): void {
    sendError(this.context, this.response, this.context.report(thrown), this.admission.sharing, headers)
  }
}

/**
 * Once clients are sent away, an answer ends its connection: the next request should go elsewhere, and `server.close()`
 * waits for connections. Called before the head is written.
 */
export function leaveWhenDraining({ sendsAway }: Context, response: ServerResponse): void {
  if (!sendsAway || response.headersSent) return
  const stream = streamOf(response)
  if (!stream) response.shouldKeepAlive = false
  // New streams are refused; open ones are answered.
  else if (stream.session && !stream.session.closed) stream.session.close()
}

/** Sends an error; without an exchange too, for requests that were not admitted. */
export function sendError(
  context: Context,
  response: ServerResponse,
  error: AnywireError,
  sharing: Sharing | undefined,
  headers: readonly string[] = [],
): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const answer = errorResponse(error, sharing)
  leaveWhenDraining(context, response)
  // The rest of the body is not waited for.
  const late = error.code === 'timeout' && !streamOf(response)
  if (late) response.shouldKeepAlive = false
  response.writeHead(answer.status, [...answer.headers, ...headers])
  endWithin(response, answer.body, late ? farewellMs : context.limits.stallMs)
}

/** How long a client may take to read that its body was late. */
const farewellMs = 1_000
