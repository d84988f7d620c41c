/** `anywire.v1` over WebSocket: a session whose frames are text frames. PROTOCOL.md 4. */

import type { IncomingMessage } from 'node:http'
import type { Connection } from '../../../core/reading/connection.js'
import { timed } from '../../../core/wheel.js'
import {
  anywireSocket,
  asSocketFrame,
  type ClientFrame,
  encodeServerFrame,
  type OutgoingFrame,
  type RequestLimits,
  readClientFrame,
  type SubscribeRequest,
} from '../../../protocol/anywire-v1.js'
import { AnywireError } from '../../../protocol/error.js'
import type { Context } from '../../context.js'
import { type Admission, localPrincipal } from '../../door/door.js'
import { frameError } from '../../door/frame-limits.js'
import type { Accepted } from '../../upgrade/handshake.js'
import { Intake } from '../../upgrade/intake.js'
import { connectSocket } from '../../upgrade/sockets.js'
import { readFrame } from './large-frames.js'
import { Session } from './session.js'
import { principalFields } from './welcome.js'

/** `first`: the subscriptions that the URL asks for. */
export function anywireSocketSession(
  context: Context,
  accepted: Accepted,
  admission: Admission,
  request: IncomingMessage,
  first: readonly SubscribeRequest[],
): void {
  const { webSocket } = accepted
  const connection = connectSocket(context, accepted, anywireSocket, admission, false, () => gate.mostUnfinished)
  const acknowledgements = new FrameBatcher(connection, context.limits.sliceBytes)
  const session = new Session({
    context,
    connection,
    framing: anywireSocket,
    address: admission.address,
    send: (frame) => acknowledgements.send(frame),
  })
  const gate = new Gate(context, connection, admission, request)
  const intake = new Intake(webSocket, {
    time: context.frameTime,
    limits: context.limits,
    // A closed connection is still read, so that its end is noticed, but its frames are ignored.
    ready: () => connection.closed || (!session.busy && !connection.full && !gate.asking),
    reads: () => !connection.full && !gate.asking,
    act: (data, isBinary) => (connection.closed ? undefined : receive(session, gate, acknowledgements, data, isBinary)),
    meanwhile: (data, isBinary) => gate.passed && !isBinary && answerPing(session, data),
    failed: (thrown) => connection.close(context.report(thrown)),
  })
  connection.listen({
    drained() {
      session.drained()
      intake.settle()
    },
    closed: () => session.drained(),
    left: (subscription, reason) => session.left(subscription, reason),
  })
  try {
    context.welcome(connection, admission, {
      drain: (retryMs) => acknowledgements.send({ type: 'drain', retryMs }),
      switches: true,
      revoke: (channel, reason) => session.revoke(channel, reason),
      reads: (channel) => session.reads(channel),
    })
  } catch (thrown) {
    connection.close(context.report(thrown))
    return
  }
  if (connection.closed) return // sent away while it was being opened
  session.welcome()
  if (first.length > 0) gate.enter(() => void session.subscribe(first)) // closes the connection if it fails
}

/** Handles one frame of the client: read once, after the check of its length. Throws nothing. */
function receive(
  session: Session,
  gate: Gate,
  out: FrameBatcher,
  data: Buffer,
  isBinary: boolean,
): Promise<void> | undefined {
  if (!gate.admits(data)) return undefined
  const unfit = isBinary ? binaryFrame() : frameError(data, gate.bodyBytes)
  const reading = unfit ? { error: unfit, id: undefined } : readFrame(data, gate.limits)
  if (reading.error) {
    session.refuse(reading.error, undefined, reading.id)
    return undefined
  }
  const { frame } = reading
  if (frame.type === 'auth') {
    const answer = (said: OutgoingFrame) => out.send(said)
    return gate.authenticate(frame.token, answer, () => session.reconsider())
  }
  if (gate.passed) return session.handle(frame) ?? undefined
  const id = 'id' in frame ? frame.id : undefined
  session.refuse(new AnywireError('unauthorized', 'Send an "auth" frame first.'), undefined, id)
  return undefined
}

function binaryFrame(): AnywireError {
  return new AnywireError('bad-request', 'Frames of anywire.v1 are text frames; a binary one came.')
}

/** The longest frame that is answered before those that wait: a ping. */
const pingBytes = 256

/**
 * A ping need not wait for the publishes before it: a slow function or store must not make the connection look dead.
 */
function answerPing(session: Session, data: Buffer): boolean {
  if (data.length > pingBytes || !data.includes('"ping"')) return false
  const { frame } = readClientFrame(data) as { frame?: ClientFrame }
  if (frame?.type !== 'ping') return false
  session.handle(frame)
  return true
}

/** Frames of one turn are sent in one write, in order with everything else. */
class FrameBatcher {
  readonly #connection: Connection
  readonly #mostBytes: number
  #frames: Buffer[] = []
  #bytes = 0

  constructor(connection: Connection, mostBytes: number) {
    this.#connection = connection
    this.#mostBytes = mostBytes
  }

  send(frame: OutgoingFrame): void {
    const bytes = asSocketFrame(encodeServerFrame(frame))
    // Answers need no order with the data; everything else does. An error that answers nothing may be the last frame.
    const isAnswer = frame.type === 'published' || (frame.type === 'error' && (frame.id ?? frame.channel) !== undefined)
    if (!isAnswer) {
      this.flush()
      this.#connection.write(bytes)
      return
    }
    this.#bytes += bytes.length
    if (this.#frames.push(bytes) === 1) setImmediate(() => this.flush())
    // More than one write's worth is sent now: only written bytes count against the room.
    if (this.#bytes > this.#mostBytes) this.flush()
  }

  private flush(): void {
    const [first] = this.#frames
    if (!first) return
    this.#connection.write(this.#frames.length === 1 ? first : Buffer.concat(this.#frames))
    this.#frames = []
    this.#bytes = 0
  }
}

/** Whether the client has authenticated: by the handshake, or by an `auth` frame in time. */
class Gate {
  readonly #context: Context
  readonly #connection: Connection
  /**
   * The request that `authenticate` gets with a later token. Not kept without `authenticate`: a request needs more
   * memory than a connection.
   */
  readonly #request: IncomingMessage | undefined
  #pending: boolean
  #asking = false
  #entered: (() => void) | undefined

  constructor(context: Context, connection: Connection, admission: Admission, request: IncomingMessage) {
    this.#context = context
    this.#connection = connection
    this.#request = context.door.asks ? request : undefined
    this.#pending = admission.pending === true
    if (!this.#pending) return
    const late = timed(() => {
      if (this.#pending) connection.close(new AnywireError('unauthorized', 'No "auth" frame came in time.'))
    })
    context.delivery.wheel.schedule(late, context.limits.authMs)
  }

  /** The client has authenticated. */
  get passed(): boolean {
    return !this.#pending
  }

  get bodyBytes(): number {
    return this.#context.limits.bodyBytes
  }

  get limits(): RequestLimits {
    return this.#context.requestLimits
  }

  /** Before authentication, no more of a frame is kept than the frame may have. */
  get mostUnfinished(): number {
    return this.#pending && !this.#asking ? this.#context.limits.firstFrameBytes : Number.POSITIVE_INFINITY
  }

  /** Ends the connection of a client that sends more than an `auth` frame before it has authenticated. */
  admits(data: Buffer): boolean {
    const { firstFrameBytes } = this.#context.limits
    if (!this.#pending || data.length <= firstFrameBytes) return true
    this.#connection.close(
      new AnywireError(
        'too-large',
        `Before the "auth" frame was accepted a frame has at most ${firstFrameBytes} bytes.`,
      ),
    )
    return false
  }

  /** A token is being checked: frames wait until that is done. */
  get asking(): boolean {
    return this.#asking
  }

  /** Acts once the client has authenticated, which may be so already. */
  enter(act: () => void): void {
    if (this.#pending) this.#entered = act
    else act()
  }

  /** `renewed`: called when a client that has authenticated sends another token. */
  authenticate(token: string, answer: (frame: OutgoingFrame) => void, renewed: () => Promise<void>): Promise<void> {
    this.#asking = true
    return this.ask(token, answer, renewed).finally(() => {
      this.#asking = false
    })
  }

  private async ask(
    token: string,
    answer: (frame: OutgoingFrame) => void,
    renewed: () => Promise<void>,
  ): Promise<void> {
    const isRenewal = !this.#pending
    const arrival = this.#context.connections.arrive()
    try {
      const principal = this.#request
        ? await this.#context.door.authenticateFrame(token, this.#request)
        : localPrincipal
      if (!this.#pending && principal.id !== this.#connection.principal.id)
        throw new AnywireError('unauthorized', 'The token is of another principal; open another connection for it.')
      arrival.check(principal)
      this.#connection.identify(principal)
      this.#pending = false
      this.#context.connections.renew(this.#connection)
      answer({ type: 'authenticated', ...principalFields(principal) })
      if (isRenewal) await renewed()
      this.#entered?.()
      this.#entered = undefined
    } catch (thrown) {
      const error = this.#context.report(thrown)
      answer({ type: 'error', ...error.toJSON() })
      this.#connection.close(error)
    } finally {
      arrival.done()
    }
  }
}
