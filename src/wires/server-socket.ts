/** The server's end of a WebSocket: reads what the client sends and closes it. It writes close frames only. */
import type { Duplex } from 'node:stream'
import { closeFrame, frame, opcodes } from '../protocol/websocket-frame.js'
import {
  checkText,
  type WebSocketInput,
  WebSocketReader,
  type WebSocketReaderLimits,
  WebSocketViolation,
} from '../protocol/websocket-reader.js'
import { inflate } from './inflate.js'

/** What its owner is told. Every member is optional. */
export interface ServerSocketEvents {
  message?(data: Buffer, isBinary: boolean): void
  ping?(data: Buffer): void
  /** A chunk was read: `held` may have changed. */
  read?(): void
  /**
   * The client broke the protocol or a limit. Unless the owner closes it with another code, it is closed with that of
   * the violation.
   */
  violation?(violation: WebSocketViolation): void
  /** The connection is gone. Once, and the last. */
  closed?(): void
}

const noEvents: ServerSocketEvents = {}

/** How long a client may take to answer a close frame. */
const closingMs = 30_000

/** Who reads a source. Its listeners are the same functions for all sources: closures would be hundreds of bytes each. */
const reader = Symbol('anywire.reader')

type Read = Duplex & { [reader]?: ServerSocket | undefined }

function took(this: Read, chunk: Buffer): void {
  this[reader]?.take(chunk)
}

function ended(this: Read): void {
  this[reader]?.end()
}

function closed(this: Read): void {
  this[reader]?.gone()
  this[reader] = undefined
}

function destroyed(this: Read): void {
  this.destroy()
}

export class ServerSocket {
  readonly #source: Duplex
  readonly #limits: WebSocketReaderLimits
  readonly #reader: WebSocketReader
  #state: 'open' | 'closing' | 'closed' = 'open'
  #paused = false
  /** Input is dropped: the client has closed, or broken the protocol. */
  #deaf = false
  /** Bytes of the message that is being inflated; those behind it wait. */
  #inflating = 0
  #timer: NodeJS.Timeout | undefined
  #farewell = false
  #events = noEvents
  #wire: { gone(): void } | undefined
  /** Called when the connection is gone. */
  #ends: (() => void)[] | undefined

  /**
   * `source`: the socket that 'upgrade' gave, or the stream of HTTP/2; the handshake is done. `head`: what of it came
   * with the request.
   */
  constructor(source: Duplex, limits: WebSocketReaderLimits, head: Buffer = Buffer.alloc(0)) {
    this.#source = source
    this.#limits = limits
    this.#reader = new WebSocketReader(limits)
    if (head.length > 0) source.unshift(head)
    const read: Read = source
    read[reader] = this
    read.on('data', took).on('end', ended).on('close', closed).on('error', destroyed)
  }

  /** Called once: its owner. */
  listen(events: ServerSocketEvents): void {
    this.#events = events
  }

  /** Called once: the wire that writes to it, which is told before all others that the connection is gone. */
  carry(wire: { gone(): void }): void {
    this.#wire = wire
  }

  /** Calls `listener` when the connection is gone, at once if it is. */
  ended(listener: () => void): void {
    if (this.#state === 'closed') return listener()
    this.#ends ??= []
    this.#ends.push(listener)
  }

  get state(): 'open' | 'closing' | 'closed' {
    return this.#state
  }

  /** The client has closed it with 1000: it will not come back. */
  get farewell(): boolean {
    return this.#farewell
  }

  /** Bytes of the client that are kept: of a message that is not whole, and those behind it. */
  get held(): number {
    return this.#reader.held + this.#inflating
  }

  pause(): void {
    this.#paused = true
    if (this.#state !== 'closed') this.#source.pause()
  }

  resume(): void {
    this.#paused = false
    if (this.#state !== 'closed' && this.#inflating === 0) this.#source.resume()
  }

  /** Begins to close, or ends what the client has closed. Does nothing once it is closing. */
  close(code: number, reason = ''): void {
    if (this.#state === 'open') {
      this.#state = 'closing'
      this.#reader.drop()
      this.#source.write(code === 1005 ? frame(opcodes.close, Buffer.alloc(0)) : closeFrame(code, reason))
      this.#timer = setTimeout(() => this.#source.destroy(), closingMs)
    }
    if (this.#deaf) this.#source.end()
  }

  /** Ends it at once. */
  terminate(): void {
    this.#source.destroy()
  }

  /** A chunk of the source. */
  take(chunk: Buffer): void {
    if (this.#deaf) return
    this.#reader.push(chunk)
    this.#read()
  }

  /** Acts on what is whole, so far as it need not wait for something to be inflated. */
  #read(): void {
    try {
      while (this.#inflating === 0 && !this.#deaf) {
        const input = this.#reader.next()
        if (!input) break
        this.#act(input)
      }
    } catch (thrown) {
      this.#violated(thrown)
    }
    this.#events.read?.()
  }

  #act(input: WebSocketInput): void {
    switch (input.kind) {
      case 'message':
        if (input.deflated && input.data.length > 0) this.#inflate(input.data, input.isBinary)
        else this.#events.message?.(input.data, input.isBinary)
        break
      case 'ping':
        this.#events.ping?.(input.data)
        break
      case 'close':
        this.#deaf = true
        this.#farewell = input.code === 1000 && this.#state === 'open'
        this.close(input.code)
        this.#source.resume()
    }
  }

  #inflate(data: Buffer, isBinary: boolean): void {
    this.#inflating = data.length
    this.#source.pause()
    const mostBytes = this.#limits.mostBytes()
    const wanted = () => this.#state !== 'closed'
    inflate({ data, mostBytes, wanted, done: (error, inflated) => this.#inflated(error, inflated, isBinary) })
  }

  #inflated(error: Error | null, data: Buffer, isBinary: boolean): void {
    this.#inflating = 0
    if (this.#state === 'closed') return
    try {
      if (error instanceof RangeError) throw new WebSocketViolation(1009, 'The message is too large.')
      if (error) throw new WebSocketViolation(1007, 'The message cannot be inflated.')
      if (!isBinary) checkText(data)
      this.#events.message?.(data, isBinary)
    } catch (thrown) {
      this.#violated(thrown)
    }
    if (!this.#paused) this.#source.resume()
    this.#read()
  }

  #violated(thrown: unknown): void {
    if (!(thrown instanceof WebSocketViolation)) throw thrown
    this.#deaf = true
    this.#events.violation?.(thrown)
    this.close(thrown.code)
    this.#source.resume()
  }

  /** The client sends nothing more. */
  end(): void {
    if (this.#state === 'open') this.#state = 'closing'
    this.#source.end()
  }

  /** The source is closed. */
  gone(): void {
    clearTimeout(this.#timer)
    this.#deaf = true
    this.#state = 'closed'
    this.#wire?.gone()
    this.#events.closed?.()
    for (const ended of this.#ends ?? []) ended()
  }
}
