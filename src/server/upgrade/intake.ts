/** Takes the frames of a client one by one, as fast as they can be processed, with a bounded number under way. */
import type { Connection } from '../../core/reading/connection.js'
import type { Source } from '../../core/turns.js'
import type { WebSocketViolation } from '../../protocol/websocket-reader.js'
import type { ServerSocket, ServerSocketEvents } from '../../wires/server-socket.js'
import type { Context } from '../context.js'
import { Unfinished } from '../door/unfinished.js'
import { Pongs } from './pongs.js'

interface WaitingFrame {
  readonly data: Buffer
  readonly isBinary: boolean
  /** It waits for time and was not examined yet: it may be one that need not wait for those before it. */
  unseen: boolean
}

export interface IntakeOptions {
  readonly context: Context
  readonly connection: Connection
  /** The client's, for limits. */
  readonly address: string
  /** Bytes of a message that may be here before it is whole. @default any number */
  readonly mostUnfinished?: number
  /** Whether the next frame may be acted on. */
  readonly ready: () => boolean
  /** Whether the socket is read while frames wait, up to `mostWaiting`: WebSocket pings are answered then. */
  readonly readsAhead: () => boolean
  /** Acts on a frame. Its promise settles when `ready` may have changed. */
  readonly act: (data: Buffer, isBinary: boolean) => Promise<void> | undefined
  /** Answers a frame that need not wait for those before it. False: it must wait. */
  readonly meanwhile?: (data: Buffer, isBinary: boolean) => boolean
  /** Called with what `act` throws or rejects with, to end this connection. */
  readonly failed: (thrown: unknown) => void
  /** The client broke the protocol or a limit of frames; see `ServerSocketEvents`. */
  readonly violated?: (violation: WebSocketViolation) => void
}

/** Frames, and their bytes, that may wait while the socket is read. */
const mostWaiting = { frames: 64, bytes: 65_536 }

/** With frames of this part of what one address may hold under way, the next waits: it would be refused. */
const share = 1 / 4

/**
 * Takes a client's frames one by one while it is `ready` and there is time in this turn. Else they wait. At the limit
 * it stops reading from the socket, so that a client has a bounded number of frames under way, however small they are.
 */
export class Intake implements Source, ServerSocketEvents {
  readonly #webSocket: ServerSocket
  readonly #options: IntakeOptions
  #waiting: WaitingFrame[] = []
  #waitingBytes = 0
  #unseen = 0
  #paused = false
  #underWayBytes = 0
  /** Made for the first message that does not come in one piece: few clients send any. */
  #unfinished: Unfinished | undefined
  /** Made for the first ping. */
  #pongs: Pongs | undefined

  constructor(webSocket: ServerSocket, options: IntakeOptions) {
    this.#webSocket = webSocket
    this.#options = options
    webSocket.listen(this)
  }

  // ── what the socket tells ─────────────────────────────────────────────────────────────────────────────────────────

  message(data: Buffer, isBinary: boolean): void {
    this.#unfinished?.over()
    const options = this.#options
    const { over } = options.context.frameTime
    const waits = this.#waiting.length > 0 || !this.ready
    if (!waits && !over) this.act(data, isBinary)
    else if (over || !options.meanwhile?.(data, isBinary))
      this.keep({ data: data, isBinary, unseen: over && options.meanwhile !== undefined })
    this.settle()
  }

  read(): void {
    const { held } = this.#webSocket
    if (held === 0 && !this.#unfinished) return
    const { context, connection, address, mostUnfinished = Number.POSITIVE_INFINITY } = this.#options
    this.#unfinished ??= new Unfinished({
      webSocket: this.#webSocket,
      connection,
      receipt: context.receiving.of(address),
      wheel: context.delivery.wheel,
      wholeMs: context.limits.bodyMs,
    })
    this.#unfinished.hold(held, mostUnfinished)
  }

  ping(data: Buffer): void {
    this.#pongs ??= new Pongs(this.#options.connection)
    this.#pongs.answer(data)
  }

  violation(violation: WebSocketViolation): void {
    this.#options.violated?.(violation)
  }

  closed(): void {
    this.#unfinished?.over()
  }

  // ── frame by frame ────────────────────────────────────────────────────────────────────────────────────────────────

  private get ready(): boolean {
    const { receivingBytes, receivingBytesPerAddress } = this.#options.context.limits
    const most = Math.min(
      receivingBytes ?? Number.POSITIVE_INFINITY,
      receivingBytesPerAddress ?? Number.POSITIVE_INFINITY,
    )
    return this.#underWayBytes < share * most && this.#options.ready()
  }

  /** To be called when `ready` may have changed. */
  settle(): void {
    const time = this.#options.context.frameTime
    if (!this.take(() => time.over)) time.later(this)
  }

  /** Continues with the frames that wait. */
  work(deadline: number): boolean {
    return this.take(() => performance.now() > deadline)
  }

  /** Whether no frame is left that could be acted on now. */
  private take(over: () => boolean): boolean {
    let taken = 0
    for (const waiting of this.#waiting) {
      if (!this.ready || over()) break
      taken++
      this.forget(waiting)
      this.act(waiting.data, waiting.isBinary)
    }
    if (taken > 0) this.#waiting = this.#waiting.slice(taken)
    if (this.#unseen > 0 && !this.ready && !over()) this.glance(over)
    const done = this.#waiting.length === 0 || (this.#unseen === 0 && !this.ready)
    this.readOn(this.#waiting.length === 0 && this.ready)
    return done
  }

  /** Answers the unexamined frames that need not wait, as far as there is time. */
  private glance(over: () => boolean): void {
    let late = false
    this.#waiting = this.#waiting.filter((one) => {
      if (late || !one.unseen) return true
      const answered = this.answered(one)
      late = over()
      return !answered
    })
  }

  /** Whether an unexamined frame was answered at once. */
  private answered(waiting: WaitingFrame): boolean {
    const { data, isBinary } = waiting
    waiting.unseen = false
    this.#unseen--
    if (!this.#options.meanwhile?.(data, isBinary)) return false
    this.forget(waiting)
    return true
  }

  private keep(waiting: WaitingFrame): void {
    this.#waiting.push(waiting)
    this.#waitingBytes += waiting.data.length
    if (waiting.unseen) this.#unseen++
  }

  /** It does not wait any more. */
  private forget({ data, unseen }: WaitingFrame): void {
    this.#waitingBytes -= data.length
    if (unseen) this.#unseen--
  }

  private act(data: Buffer, isBinary: boolean): void {
    const options = this.#options
    try {
      const acting = options.act(data, isBinary)
      if (!acting) return
      this.#underWayBytes += data.length
      const failed = (thrown: unknown) => options.failed(thrown)
      void acting.catch(failed).then(() => {
        this.#underWayBytes -= data.length
        this.settle()
      })
    } catch (thrown) {
      options.failed(thrown)
    }
  }

  /** A closing connection is always read: otherwise its end would not be noticed. */
  private readOn(ready: boolean): void {
    const room = this.#waiting.length < mostWaiting.frames && this.#waitingBytes < mostWaiting.bytes
    const on = ready || (room && this.#options.readsAhead()) || this.#webSocket.state === 'closing'
    if (on === !this.#paused || this.#webSocket.state === 'closed') return
    this.#paused = !on
    if (on) this.#webSocket.resume()
    else this.#webSocket.pause()
  }
}
