/** `anywire.v1` over WebSocket: a session whose frames are text frames. PROTOCOL.md 4. */

import type { IncomingMessage } from 'node:http'
import type { Connection, ConnectionEvents } from '../../../core/reading/connection.js'
import type { Subscription } from '../../../core/reading/subscription.js'
import { timed } from '../../../core/wheel.js'
import {
  anywireSocket,
  type ClientFrame,
  type OutgoingFrame,
  type RequestLimits,
  readClientFrame,
  type SubscribeRequest,
  tracedSocket,
} from '../../../protocol/anywire-v1.js'
import { AnywireError } from '../../../protocol/error.js'
import type { ChannelName } from '../../../protocol/name.js'
import type { ServerSocket } from '../../../wires/server-socket.js'
import type { Context } from '../../context.js'
import { type Admission, localPrincipal } from '../../door/door.js'
import { frameError } from '../../door/frame-limits.js'
import type { FormHooks } from '../../form-hooks.js'
import { asksTraces } from '../../http/target.js'
import type { Accepted } from '../../upgrade/handshake.js'
import { Intake, type IntakeOptions } from '../../upgrade/intake.js'
import { connectSocket } from '../../upgrade/sockets.js'
import { FrameBatcher } from './frame-batcher.js'
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
  const connection = connectSocket(context, accepted, anywireSocket, admission.principal, false)
  const gate = new Gate(context, connection, admission, request)
  const frames = new Frames(context, connection, gate, accepted.webSocket, admission.address, asksTraces(request))
  connection.listen(frames)
  try {
    context.welcome(connection, admission, frames)
  } catch (thrown) {
    connection.close(context.report(thrown))
    return
  }
  if (connection.closed) return // sent away while it was being opened
  frames.session.welcome()
  if (first.length > 0) gate.enter(() => void frames.session.subscribe(first)) // closes the connection if it fails
}

/** What comes from one client. It is its own options, listeners and hooks: a closure for each would cost 56 bytes a client. */
class Frames implements IntakeOptions, ConnectionEvents, FormHooks {
  readonly switches = true
  readonly session: Session
  readonly context: Context
  readonly connection: Connection
  readonly address: string
  readonly #gate: Gate
  readonly #out: FrameBatcher
  readonly #intake: Intake

  constructor(
    context: Context,
    connection: Connection,
    gate: Gate,
    webSocket: ServerSocket,
    address: string,
    traced: boolean,
  ) {
    this.context = context
    this.connection = connection
    this.address = address
    this.#gate = gate
    const out = new FrameBatcher(connection, context.limits.sliceBytes)
    this.#out = out
    this.session = new Session({ context, connection, framing: traced ? tracedSocket : anywireSocket, address, out })
    this.#intake = new Intake(webSocket, this)
  }

  // ── options of the intake ─────────────────────────────────────────────────────────────────────────────────────────

  get mostUnfinished(): number {
    return this.#gate.mostUnfinished
  }

  /** A closed connection is still read, so that its end is noticed, but its frames are ignored. */
  ready(): boolean {
    const { closed, full } = this.connection
    return closed || (!this.session.busy && !full && !this.#gate.asking)
  }

  readsAhead(): boolean {
    return !this.connection.full && !this.#gate.asking
  }

  /** Handles one frame of the client: read once, after the check of its length. Throws nothing. */
  act(data: Buffer, isBinary: boolean): Promise<void> | undefined {
    const { session } = this
    const gate = this.#gate
    if (this.connection.closed || !gate.admits(data)) return undefined
    const unfit = isBinary ? binaryFrame() : frameError(data, gate.bodyBytes)
    const reading = unfit ? { error: unfit, id: undefined } : readFrame(data, gate.limits)
    if (reading.error) {
      session.refuse(reading.error, undefined, reading.id)
      return undefined
    }
    const { frame } = reading
    if (frame.type === 'auth') {
      const answer = (said: OutgoingFrame) => this.#out.send(said)
      return gate.authenticate(frame.token, answer, () => session.reconsider())
    }
    if (gate.passed) return session.handle(frame) ?? undefined
    const id = 'id' in frame ? frame.id : undefined
    session.refuse(new AnywireError('unauthorized', 'Send an "auth" frame first.'), undefined, id)
    return undefined
  }

  meanwhile(data: Buffer, isBinary: boolean): boolean {
    return this.#gate.passed && !isBinary && answerPing(this.session, data)
  }

  failed(thrown: unknown): void {
    this.connection.close(this.context.report(thrown))
  }

  // ── listeners of the connection ───────────────────────────────────────────────────────────────────────────────────

  drained(): void {
    this.session.drained()
    this.#intake.settle()
  }

  closed(): void {
    this.session.drained()
  }

  left(subscription: Subscription, reason?: AnywireError): void {
    this.session.left(subscription, reason)
  }

  // ── hooks of the hub ──────────────────────────────────────────────────────────────────────────────────────────────

  drain(retryMs: number): void {
    this.#out.send({ type: 'drain', retryMs })
  }

  revoke(channel: ChannelName, reason: AnywireError | undefined): (() => void) | undefined {
    return this.session.revoke(channel, reason)
  }

  reads(channel: ChannelName): boolean {
    return this.session.reads(channel)
  }
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
