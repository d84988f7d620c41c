/** WebSockets: the handshake, and what a plain or an `anywire.v1` connection does with what a client sends. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type PerMessageDeflateOptions, type RawData, type ServerOptions, type WebSocket, WebSocketServer } from 'ws'
import { Connection } from '../../core/reading/connection.js'
import type { Source } from '../../core/turns.js'
import { AnywireError } from '../../protocol/error.js'
import { frame, opcodes } from '../../protocol/websocket-frame.js'
import type { DeflateWindow } from '../../wires/compressor.js'
import { DeflateWire } from '../../wires/deflate-wire.js'
import { SocketWire, type WireSocket } from '../../wires/socket.js'
import type { Context } from '../context.js'
import { protocolsOf } from '../door/credentials.js'
import type { Admission } from '../door/door.js'
import type { FrameTime } from '../door/frame-time.js'
import { watchReceiving } from '../door/receiving.js'
import { type ErrorAnswer, errorResponse } from '../http/headers.js'

/** What a client speaks: frames, or one message a frame. The latter may be offered beside `anywire.token.…`, as clients want one of theirs chosen. */
const subprotocols = ['anywire.v1', 'anywire.plain'] as const
const [subprotocol] = subprotocols

export interface Accepted {
  readonly webSocket: WebSocket
  readonly socket: WireSocket
  /** What the client's bytes come from: the socket, or the stream of HTTP/2. */
  readonly source: Duplex
  /** Permessage-deflate was negotiated, with this window. */
  readonly window: DeflateWindow | undefined
}

/** What becomes of a client that asks for a WebSocket. */
export interface Handshake {
  /**
   * Opens it, at once if the client has asked for it rightly; with permessage-deflate if a window is given, which is what `deflateWindow` says of the
   * request. `corked`: what is written meanwhile leaves in one packet with the answer.
   */
  open(window: DeflateWindow | undefined, accepted: (accepted: Accepted) => void, corked?: boolean): void
  refuse(error: AnywireError): void
}

/** Completes handshakes, with permessage-deflate where a window is given. */
export type Acceptor = (
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  window: DeflateWindow | undefined,
  accepted: (webSocket: WebSocket) => void,
) => void

/** Each message is by itself, either way: what is sent is shared by many, and nobody keeps a window for a client. */
const alone: PerMessageDeflateOptions = { serverNoContextTakeover: true, clientNoContextTakeover: true }

/** `maxPayload` is asked at each handshake: rules that come later may let messages be larger. */
export function createAcceptor(maxPayload: () => number, maxFragments: number): Acceptor {
  const options: ServerOptions = {
    noServer: true,
    clientTracking: false,
    autoPong: false,
    maxFragments,
    handleProtocols: (offered) => chosen([...offered]) ?? false,
  }
  const plain = new WebSocketServer({ ...options, perMessageDeflate: false })
  const deflating = {
    12: new WebSocketServer({ ...options, perMessageDeflate: { ...alone, serverMaxWindowBits: 12 } }),
    15: new WebSocketServer({ ...options, perMessageDeflate: alone }),
  }
  return (request, socket, head, window, accepted) => {
    const server = window === undefined ? plain : deflating[window]
    server.options.maxPayload = maxPayload()
    server.handleUpgrade(request, socket, head, accepted)
  }
}

/** The subprotocol of ours that a client offers; a token is none. */
export function chosen(offered: readonly string[]): string | undefined {
  return subprotocols.find((one) => offered.includes(one))
}

/** Whether a client offers `anywire.v1`. */
export function speaksAnywire(request: IncomingMessage): boolean {
  return request.headers['sec-websocket-protocol'] !== undefined && protocolsOf(request.headers).includes(subprotocol)
}

export function speaksVersion13({ headers }: IncomingMessage): boolean {
  return headers['sec-websocket-version'] === '13'
}

/** RFC 6455 §4.4: the client is told which version is spoken. */
export function wrongVersion(): ErrorAnswer {
  const answer = errorResponse(new AnywireError('bad-request', 'WebSocket has version 13 here (RFC 6455 §4.1).'))
  return { ...answer, status: 426, headers: [...answer.headers, 'Sec-WebSocket-Version', '13'] }
}

const unlimited = () => Number.POSITIVE_INFINITY

/**
 * A connection of a WebSocket. Pings are answered while there is room; a client that does not read gets none. `mostUnfinished`: bytes of a message that
 * may be here before it is whole.
 */
export function connectSocket(
  context: Context,
  { webSocket, socket, source, window }: Accepted,
  heartbeat: Buffer | undefined,
  admission: Admission,
  single: boolean,
  mostUnfinished: () => number = unlimited,
): Connection {
  const plain = new SocketWire(webSocket, socket)
  const wire = window === undefined ? plain : new DeflateWire(plain, context.compressor, window)
  if (window !== undefined) {
    webSocket.on('message', () => forgetInflater(webSocket))
    source.once('close', () => leaveUnread(webSocket))
  }
  const { principal } = admission
  const { wheel } = context.delivery
  const { limits } = context
  const connection = new Connection({ wire, heartbeat, principal, wheel, times: limits, talks: true, single })
  const receipt = context.receiving.of(admission.address)
  watchReceiving({ webSocket, connection, source, receipt, most: mostUnfinished, wheel, wholeMs: limits.bodyMs })
  webSocket.on('error', ignore) // 'close' follows, with the code that says why
  answerPings(webSocket, connection)
  return connection
}

/** RFC 6455 §5.5.3: of several unanswered pings the last is enough. It is one pong at once, and one for all others of the turn. */
function answerPings(webSocket: WebSocket, connection: Connection): void {
  let resting = false
  let last: Buffer | undefined
  // Written as all else is, so that it counts towards the room there is.
  const pong = (data: Buffer) => !connection.full && connection.write(frame(opcodes.pong, data))
  webSocket.on('ping', (data: Buffer) => {
    if (resting) {
      last = data
      return
    }
    resting = true
    pong(data)
    setImmediate(() => {
      resting = false
      if (last) pong(last)
      last = undefined
    })
  })
}

/** Where `ws` keeps what inflates a client's messages. */
interface Inflating {
  readonly _extensions?: Readonly<Record<string, Inflater | undefined>>
}

interface Inflater {
  cleanup(): void
  _decompress?(data: Buffer, fin: boolean, done: (error: Error | null, inflated: Buffer) => void): void
}

/** What `ws` keeps of bytes that it has not looked at. */
interface Unread {
  readonly _receiver?: {
    _buffers: Buffer[]
    _bufferedBytes: number
    _write(chunk: Buffer, encoding: string, done: () => void): void
  }
}

const nothing = Buffer.alloc(0)

/**
 * The client has gone. `ws` would inflate all that it left before it calls the connection closed, ten messages of all clients at a time: a few KB of each
 * would keep them counted for minutes.
 */
function leaveUnread(webSocket: WebSocket): void {
  const { _receiver: receiver } = webSocket as unknown as Unread
  const inflater = (webSocket as Inflating)._extensions?.['permessage-deflate']
  if (!receiver || !inflater?._decompress) return
  receiver._buffers = []
  receiver._bufferedBytes = 0
  receiver._write = (_chunk, _encoding, done) => done()
  // One may wait for its turn to be inflated.
  inflater._decompress = (_data, _fin, done) => done(null, nothing)
}

/** `ws` would keep the inflater of a message, some 33 KiB, until the connection ends. None outlives its message, which is by itself. */
function forgetInflater(webSocket: WebSocket): void {
  const { _extensions: extensions } = webSocket as Inflating
  extensions?.['permessage-deflate']?.cleanup()
}

/** What `ws` hands over, as one Buffer. */
function asBytes(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)
}

interface Waiting {
  readonly data: Buffer
  readonly isBinary: boolean
  /** It waits for time, and was not looked at: it may be one that need not wait for those before it. */
  unseen: boolean
}

export interface IntakeOptions {
  readonly time: FrameTime
  /** Whether the next frame may be acted on. */
  readonly ready: () => boolean
  /** Whether it is read on while frames wait, so far as `mostWaiting` goes: WebSocket pings are answered then. */
  readonly reads: () => boolean
  /** Acts on a frame. What it promises is done when `ready` may have changed. */
  readonly act: (data: Buffer, isBinary: boolean) => Promise<void> | undefined
  /** Answers a frame that need not wait for those before it; false: it has to. */
  readonly meanwhile?: (data: Buffer, isBinary: boolean) => boolean
  /** Hears what `act` throws or rejects with, to end this connection and no other. */
  readonly failed: (thrown: unknown) => void
}

/** Frames, and bytes of them, that may wait while it is read on. */
const mostWaiting = { frames: 64, bytes: 65_536 }

/**
 * Takes a client's frames one by one while it is `ready` and there is time in this turn. Else they wait.
 * Once as much waits as may, it stops reading from the socket: what a client has under way is bounded, however small its frames.
 */
export class Intake implements Source {
  readonly #webSocket: WebSocket
  readonly #options: IntakeOptions
  #waiting: Waiting[] = []
  #waitingBytes = 0
  #unseen = 0
  #paused = false

  constructor(webSocket: WebSocket, options: IntakeOptions) {
    this.#webSocket = webSocket
    this.#options = options
    webSocket.on('message', (data, isBinary) => {
      const { over } = options.time
      const waits = this.#waiting.length > 0 || !options.ready()
      if (!waits && !over) this.act(asBytes(data), isBinary)
      else if (over || !options.meanwhile?.(asBytes(data), isBinary))
        this.keep({ data: asBytes(data), isBinary, unseen: over && options.meanwhile !== undefined })
      this.settle()
    })
  }

  /** To be called when `ready` may have changed. */
  settle(): void {
    const { time } = this.#options
    if (!this.take(() => time.over)) time.later(this)
  }

  /** Goes on with what waits. */
  work(deadline: number): boolean {
    return this.take(() => performance.now() > deadline)
  }

  /** Answers whether nothing is left that could be acted on. */
  private take(over: () => boolean): boolean {
    const { ready } = this.#options
    let taken = 0
    while (taken < this.#waiting.length && ready() && !over()) {
      const waiting = this.#waiting[taken++]!
      this.forget(waiting)
      this.act(waiting.data, waiting.isBinary)
    }
    if (taken > 0) this.#waiting = this.#waiting.slice(taken)
    if (this.#unseen > 0 && !ready() && !over()) this.glance(over)
    const done = this.#waiting.length === 0 || (this.#unseen === 0 && !ready())
    this.read(this.#waiting.length === 0 && ready())
    return done
  }

  /** Answers those that were not looked at and need not wait, as far as there is time. */
  private glance(over: () => boolean): void {
    let late = false
    this.#waiting = this.#waiting.filter((one) => {
      if (late || !one.unseen) return true
      const answered = this.answered(one)
      late = over()
      return !answered
    })
  }

  /** Whether one that was not looked at needs not wait. */
  private answered(waiting: Waiting): boolean {
    const { data, isBinary } = waiting
    waiting.unseen = false
    this.#unseen--
    if (!this.#options.meanwhile?.(data, isBinary)) return false
    this.forget(waiting)
    return true
  }

  private keep(waiting: Waiting): void {
    this.#waiting.push(waiting)
    this.#waitingBytes += waiting.data.length
    if (waiting.unseen) this.#unseen++
  }

  /** It does not wait any more. */
  private forget({ data, unseen }: Waiting): void {
    this.#waitingBytes -= data.length
    if (unseen) this.#unseen--
  }

  private act(data: Buffer, isBinary: boolean): void {
    const { act, failed } = this.#options
    try {
      act(data, isBinary)
        ?.catch(failed)
        .then(() => this.settle())
    } catch (thrown) {
      failed(thrown)
    }
  }

  /** Once either side has begun to close it is read on, or the end of the connection would not be seen. */
  private read(ready: boolean): void {
    const room = this.#waiting.length < mostWaiting.frames && this.#waitingBytes < mostWaiting.bytes
    const on = ready || (room && this.#options.reads()) || this.#webSocket.readyState === 2 // closing
    if (on === !this.#paused || this.#webSocket.readyState === 3) return // closed
    this.#paused = !on
    if (on) this.#webSocket.resume()
    else this.#webSocket.pause()
  }
}

function ignore(): void {}
