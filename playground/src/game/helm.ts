/** The helm: what a player wants, sent when it changes and as often as answers come back, so that the newest is never behind older ones. */
import type { Wish } from '../../server/arena.js'
import type { Steering } from '../channels.js'

/** Nothing is sent more often, and not less often either: it says that one is still there. */
const leastMs = 33
const mostMs = 1000

export interface HelmOptions {
  readonly name: () => string
  /** Without a connection nothing is sent: later it would no longer be wanted. */
  readonly isOpen: () => boolean
  /** Resolves with the server's reply. */
  readonly publish: (steering: Steering) => Promise<unknown>
  /** The game does not take it. */
  readonly onRefused: (thrown: unknown) => void
}

export class Helm {
  readonly #options: HelmOptions
  readonly #timer: ReturnType<typeof setInterval>
  #closed = false
  #wish: Wish = { heading: null, fire: false, number: 0 }
  #sent: { readonly number: number; readonly at: number } = { number: -1, at: Number.NEGATIVE_INFINITY }
  #underWay = false
  /** When each wish was sent that no snapshot has heeded yet. */
  readonly #unheeded = new Map<number, number>()
  /** The number of one's tank, once the server has given it. */
  tank: number | undefined
  /** Milliseconds from sending a wish to the snapshot that heeds it, on the average of the last few. */
  lagMs: number | undefined

  constructor(options: HelmOptions) {
    this.#options = options
    this.#timer = setInterval(() => void this.#turn(), leastMs)
    void this.#turn()
  }

  want(heading: number | null, fire: boolean): void {
    const rounded = heading === null ? null : Math.round(heading * 50) / 50
    if (rounded === this.#wish.heading && fire === this.#wish.fire) return
    this.#wish = { heading: rounded, fire, number: this.#wish.number + 1 }
  }

  /** A snapshot has heeded the wish of this number. */
  heeded(number: number): void {
    const at = this.#unheeded.get(number)
    if (at === undefined) return
    for (const sent of this.#unheeded.keys()) if (sent <= number) this.#unheeded.delete(sent)
    const ms = performance.now() - at
    this.lagMs = this.lagMs === undefined ? ms : this.lagMs * 0.8 + ms * 0.2
  }

  /** The line was away: what was under way then says nothing of the lag. */
  forget(): void {
    this.#unheeded.clear()
  }

  close(): void {
    this.#closed = true
    clearInterval(this.#timer)
  }

  async #turn(): Promise<void> {
    const { name, isOpen, publish, onRefused } = this.#options
    const now = performance.now()
    const again = now - this.#sent.at >= mostMs
    if (this.#underWay || !isOpen() || !(again || this.#wish.number !== this.#sent.number)) return
    if (this.#wish.number === this.#sent.number) this.#wish = { ...this.#wish, number: this.#wish.number + 1 }
    this.#sent = { number: this.#wish.number, at: now }
    this.#unheeded.set(this.#wish.number, now)
    this.#underWay = true
    try {
      this.tank = Number(Object(await publish({ name: name(), ...this.#wish })).tank)
    } catch (thrown) {
      if (!this.#closed) onRefused(thrown)
      this.close()
    }
    this.#underWay = false
  }
}
