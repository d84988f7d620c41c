/** Bodies and frames that are being received, or wait to be published: counts the bytes held, by address and in all. */
import type { Limits } from '../../core/limits.js'
import { AnywireError } from '../../protocol/error.js'

/** Milliseconds after which a client may try again that was refused for lack of room. */
const retryMs = 5_000

/** Fewer bytes are not counted: most messages arrive in one chunk. */
export const uncounted = 4_096

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
    return new Receipt(this, address)
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

  /**
   * What an address holds has grown by so much: for a receipt.
   * @throws AnywireError `too-many` if there is no room for more.
   */
  change(address: string, more: number): void {
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
  readonly #receiving: Receiving
  readonly #address: string
  #bytes = 0

  constructor(receiving: Receiving, address: string) {
    this.#receiving = receiving
    this.#address = address
  }

  /** So much is held from now on. @throws AnywireError `too-many`. */
  hold(bytes: number): void {
    if (bytes === this.#bytes) return
    this.#receiving.change(this.#address, bytes - this.#bytes)
    this.#bytes = bytes
  }
}
