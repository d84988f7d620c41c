/** Attaches hubs to a server: requests under their paths reach no other listener; everything else is unchanged. */
import { IncomingMessage, type Server, ServerResponse } from 'node:http'
import {
  type Http2SecureServer,
  type Http2Server,
  Http2ServerRequest,
  Http2ServerResponse,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { Server as SecureServer } from 'node:https'
import { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { AnywireError } from '../../protocol/error.js'
import { isUnder, urlOf } from '../http/target.js'
import { SessionGuard, type SessionGuardOptions } from './http2-guard.js'
import { offersWebSocket, putBack } from './put-back.js'

/** What a hub can be attached to. */
export type AttachableServer = Server | SecureServer | Http2Server | Http2SecureServer

export interface MountHandlers {
  handle(request: IncomingMessage | Http2ServerRequest, response: ServerResponse | Http2ServerResponse): void
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
}

/** A path of a hub, and the handlers below it. */
export interface Mount {
  readonly path: string
  readonly handlers: MountHandlers
}

export interface Attachment {
  /** The path that it is attached at. */
  readonly path: string
  /** The current paths: a hub may serve more of them later. */
  mounts(): readonly Mount[]
  /** The hub is closed, or closing: another one may take its place. */
  closing(): boolean
  readonly limits: Omit<SessionGuardOptions, 'timed'>
}

type Emit = (event: string, ...values: unknown[]) => boolean

/** The handlers for a URL; undefined: no hub serves it. */
type Find = (url: string) => MountHandlers | undefined

const interceptions = new WeakMap<AttachableServer, Interception>()

/**
 * Returns a function that detaches it.
 * @throws AnywireError `bad-request` for what is no server, `conflict` for a path that is taken.
 */
export function attachTo(server: AttachableServer, attachment: Attachment): () => void {
  const interception = interceptions.get(server) ?? new Interception(server)
  interceptions.set(server, interception)
  interception.add(attachment)
  return () => interception.remove(attachment)
}

/** Stands before the listeners of one server, for all hubs that are attached to it. */
class Interception {
  readonly #server: AttachableServer
  /** The hubs, each with the guard of the HTTP/2 sessions. */
  readonly #attached = new Map<Attachment, SessionGuard>()
  #patch: { readonly before: Emit; readonly own: Emit } | undefined

  constructor(server: AttachableServer) {
    this.#server = server
  }

  add(attachment: Attachment): void {
    const { path } = attachment
    for (const other of [...this.#attached.keys()]) {
      if (!other.mounts().some((mount) => mount.path === path)) continue
      if (!other.closing())
        throw new AnywireError(
          'conflict',
          `Another hub serves the path ${JSON.stringify(path)} of this server already.`,
        )
      this.remove(other)
    }
    const server = this.#server
    const timed = 'timeout' in server && Number(server.timeout) > 0
    this.#attached.set(attachment, new SessionGuard({ ...attachment.limits, timed }))
    if (this.#attached.size === 1) this.begin()
  }

  remove(attachment: Attachment): void {
    if (!this.#attached.delete(attachment) || this.#attached.size > 0) return
    const server = this.#server
    server.off('upgrade', presence)
    // Others may have replaced `emit` since. Then this one stays and passes everything on.
    if (!this.#patch || server.emit !== this.#patch.own) return
    server.emit = this.#patch.before
    this.#patch = undefined
  }

  private begin(): void {
    const server = this.#server
    server.on('upgrade', presence)
    if (this.#patch) return
    const before: Emit = server.emit
    const emit: Emit = before.bind(server)
    const own: Emit = (event, ...values) => this.intercept(emit, event, values)
    this.#patch = { before, own }
    server.emit = own
  }

  /** The longest path that fits. */
  private readonly find: Find = (url) => {
    let found: Mount | undefined
    for (const attachment of this.#attached.keys())
      for (const mount of attachment.mounts())
        if (isUnder(url, mount.path) && mount.path.length > (found?.path.length ?? 0)) found = mount
    return found?.handlers
  }

  private intercept(emit: Emit, event: string, values: unknown[]): boolean {
    const [first, second, third] = values
    // The sessions of HTTP/2, and their streams; with `allowHTTP1` requests of HTTP/1.1 come too.
    if (event === 'session') return this.admits(first as ServerHttp2Session) && emit(event, ...values)
    if (event === 'stream' && isStream(first)) {
      if (takeStream(first, values, this.find) || emit(event, ...values)) return true
      return refuse(first, 404)
    }
    if (!(first instanceof IncomingMessage)) return emit(event, ...values)
    const ours = this.find(urlOf(first))
    if (ours && (event === 'request' || event === 'checkContinue') && second instanceof ServerResponse) {
      if (event === 'checkContinue') second.writeContinue()
      ours.handle(first, second)
      return true
    }
    if (event !== 'upgrade' || !(second instanceof Socket)) return emit(event, ...values)
    const head = Buffer.isBuffer(third) ? third : Buffer.alloc(0)
    if (ours && offersWebSocket(first)) ours.upgrade(first, second, head)
    // Without another listener Node would have treated it as a plain request.
    else if (ours || this.#server.listeners('upgrade').every(isPresence)) putBack(this.#server, first, second, head)
    else return emit(event, ...values)
    return true
  }

  private admits(session: ServerHttp2Session): boolean {
    for (const guard of this.#attached.values()) if (!guard.admit(session)) return false
    return true
  }
}

/** Node emits 'upgrade' only if there is a listener. Other copies of this module recognise it by this mark. */
const presence = Object.assign((): void => undefined, { [Symbol.for('anywire.presence')]: true })

function isPresence(listener: object): boolean {
  return Symbol.for('anywire.presence') in listener
}

function isStream(value: unknown): value is ServerHttp2Stream {
  return value instanceof Duplex && 'respond' in value
}

/**
 * Whether a stream is ours. Then it is answered here, before another listener creates a request and response for it and
 * answers it too.
 */
function takeStream(stream: ServerHttp2Stream, [, headers, , rawHeaders]: readonly unknown[], find: Find): boolean {
  const fields = headers as IncomingHttpHeaders
  const ours = find(fields[':path'] ?? '')
  if (!ours) return false
  if (stream.destroyed || stream.session === undefined) return true
  const raw = rawHeaders as string[]
  if (bytesOf(raw) > headerBytes) return refuse(stream, 431)
  const request = new Http2ServerRequest(stream, fields, {}, raw)
  const response = new Http2ServerResponse(stream)
  if (fields.expect?.toLowerCase() === '100-continue') response.writeContinue()
  ours.handle(request, response)
  return true
}

/** The HTTP/2 setting binds a client only once it has acknowledged it, which it may never do. */
const headerBytes = 32_768

function bytesOf(headers: readonly string[]): number {
  return headers.reduce((sum, text) => sum + text.length, 0)
}

/** There is no other listener for streams: an unanswered one would stay open. */
function refuse(stream: ServerHttp2Stream, status: number): true {
  stream.on('error', () => undefined)
  stream.respond({ ':status': status }, { endStream: true })
  return true
}
