/** Bodies and frames that are being received, or wait to be published: counts the bytes held, by address and in all. */
import type { Limits } from '../../core/limits.js'
import type { Connection } from '../../core/reading/connection.js'
import { type Timed, timed, type Wheel } from '../../core/wheel.js'
import { AnywireError } from '../../protocol/error.js'
import type { ServerSocket } from '../../wires/server-socket.js'

/** Milliseconds after which a client may try again that was refused for lack of room. */
const retryMs = 5_000

export type ReceivingLimits = Pick<Limits, 'receivingBytes' | 'receivingBytesPerAddress'>

export class Receiving {
  readonly #limits: ReceivingLimits
  readonly #byAddress = new Map<string, number>()
  #bytes = 0

  /** `limits` may change meanwhile. */
  constructor(limits: ReceivingLimits) {
    this.#limits = limits
  }

  get #all(): number {
    return this.#limits.receivingBytes ?? Number.POSITIVE_INFINITY
  }

  get #each(): number {
    return this.#limits.receivingBytesPerAddress ?? Number.POSITIVE_INFINITY
  }

  /** Bytes held now. */
  get bytes(): number {
    return this.#bytes
  }

  /** For one body or connection. */
  of(address: string): Receipt {
    return new Receipt((more) => this.#change(address, more))
  }

  /**
   * A message that is whole, and waits to be published. Answers what ends that; undefined for a small one, which is not
   * counted. @throws AnywireError `too-many` where there is no room
   */
  hold(address: string, bytes: number): (() => void) | undefined {
    if (bytes <= uncounted) return undefined
    const receipt = this.of(address)
    receipt.hold(bytes)
    return () => receipt.hold(0)
  }

  /** @throws AnywireError `too-many` if there is no room for more. */
  #change(address: string, more: number): void {
    const held = (this.#byAddress.get(address) ?? 0) + more
    if (more > 0) this.#check(held, this.#bytes + more)
    this.#bytes += more
    if (held > 0) this.#byAddress.set(address, held)
    else this.#byAddress.delete(address)
  }

  /**
   * The fuller the hub, the less one address may hold: a few clients never take all the room, and a single one has its
   * whole limit.
   */
  #check(held: number, inAll: number): void {
    if (held > this.#each) throw full(`Your address is sending more than ${this.#each} bytes at once`)
    if (inAll > this.#all) throw full(`More than ${this.#all} bytes are being sent at once`)
    const fair = this.#all === Number.POSITIVE_INFINITY || this.#each === Number.POSITIVE_INFINITY
    if (fair || held * (this.#all - this.#each) <= (this.#all - inAll) * this.#each) return
    throw full(`Many are sending at once, and your address ${held} bytes`)
  }
}

function full(sentence: string): AnywireError {
  return new AnywireError('too-many', `${sentence}: try again later.`, { details: { retryMs } })
}

/** The incomplete bytes of one body or connection. */
export class Receipt {
  readonly #change: (more: number) => void
  #bytes = 0

  constructor(change: (more: number) => void) {
    this.#change = change
  }

  /** So much is held from now on. @throws AnywireError `too-many`. */
  hold(bytes: number): void {
    if (bytes === this.#bytes) return
    this.#change(bytes - this.#bytes)
    this.#bytes = bytes
  }
}

export interface SocketReceiving {
  readonly webSocket: ServerSocket
  readonly connection: Connection
  readonly receipt: Receipt
  /** What it may send of one message before that is whole. */
  readonly most: () => number
  readonly wheel: Wheel
  /** How long a counted message may take, as a body. Pings keep the connection alive, but do not extend this. */
  readonly wholeMs: number
}

/** Fewer bytes are not counted: most messages arrive in one chunk. */
const uncounted = 4_096
/** How long a client may take to close that is disconnected for what it holds. */
const closingMs = 1_000

/** Counts the bytes of incomplete messages of a WebSocket, and ends the connection if they are too many. */
export function watchReceiving({ webSocket, connection, receipt, most, wheel, wholeMs }: SocketReceiving): void {
  let ending = false
  /** Made for the first message that is counted: few clients send any. */
  let late: Timed | undefined
  const end = (thrown: unknown) => {
    ending = true
    connection.close(AnywireError.from(thrown))
    setTimeout(() => webSocket.terminate(), closingMs).unref()
  }
  // What is whole is not counted twice where it has to wait.
  webSocket.on('message', () => {
    if (late) wheel.cancel(late)
    receipt.hold(0)
  })
  webSocket.on('read', () => {
    const { held } = webSocket
    if (ending || webSocket.state === 'closed') return
    try {
      if (held > most()) throw new AnywireError('too-large', `A frame has at most ${most()} bytes here.`)
      receipt.hold(held > uncounted ? held : 0)
    } catch (thrown) {
      return end(thrown)
    }
    if (held > uncounted) {
      late ??= timed(() => end(new AnywireError('timeout', `A message has to be whole within ${wholeMs} ms.`)))
      if (late.tick === 0) wheel.schedule(late, wholeMs)
    } else if (late) wheel.cancel(late)
  })
  webSocket.on('close', () => {
    if (late) wheel.cancel(late)
    receipt.hold(0)
  })
}
