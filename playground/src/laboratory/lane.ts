/** A lane: one form reading the load, opened again whenever it ends, and counted. */
//
//   stopped ──start──► opening ──opened──► open ──lost, ended──► opening ;  any ──stop──► stopped
import type { Load } from '../channels.js'
import { Delays, median } from './delays.js'
import type { Events, Form } from './forms/form.js'
import { Tape } from './tape.js'

/** The server's time, and how long a way to it takes, if that is known. */
export interface LaneClock {
  now(): number
  readonly transferMs?: number | undefined
}

export type LaneState = 'stopped' | 'opening' | 'open'

interface Newest {
  readonly load: Load
  /** The server has announced that what follows it is gone. */
  announced: boolean
}

export class Lane {
  readonly form: Form
  readonly tape = new Tape()
  readonly delays = new Delays()
  state: LaneState = 'stopped'
  messages = 0
  perSecond = 0
  /** Those that had been published before it was opened again. */
  caughtUp = 0
  /** Announced losses, and how many messages those were. */
  gaps = 0
  gone = 0
  /** Not announced: lost, or, for a form without positions, passed while it did not read. */
  missing = 0
  twice = 0
  readonly #clock: LaneClock
  readonly #connects: number[] = []
  readonly #newest = new Map<string, Newest>()
  readonly #positions = new Map<string, string>()
  #channels: readonly string[] = []
  #close = () => {}
  #retry: ReturnType<typeof setTimeout> | undefined
  #turn = 0
  #openedAt = 0
  #resumed = false
  #before = { messages: 0, at: performance.now() }

  constructor(form: Form, clock: LaneClock) {
    this.form = form
    this.#clock = clock
  }

  /** The number of the newest message of the first channel. */
  get position(): number | undefined {
    return this.#newest.get(this.#channels[0] ?? '')?.load.number
  }

  /** How long it took to open, as a rule. */
  get connectMs(): number | undefined {
    return median(this.#connects)
  }

  start(channels: readonly string[]): void {
    this.stop()
    const wanted = this.form.many ? channels : channels.slice(0, 1)
    // Another set is another reading.
    if (wanted.join() !== this.#channels.join()) {
      this.#newest.clear()
      this.#positions.clear()
    }
    this.#channels = wanted
    this.#open()
  }

  stop(): void {
    this.#turn++
    clearTimeout(this.#retry)
    this.#close()
    this.#close = () => {}
    this.state = 'stopped'
  }

  /** To be called once a second. */
  count(): void {
    const { messages, at } = this.#before
    const now = performance.now()
    this.perSecond = ((this.messages - messages) * 1000) / (now - at)
    this.#before = { messages: this.messages, at: now }
  }

  #open(): void {
    const turn = ++this.#turn
    const asked = performance.now()
    this.state = 'opening'
    // What a form says after it was stopped is not heard.
    const heard =
      <Facts extends unknown[]>(act: (...facts: Facts) => void) =>
      (...facts: Facts) => {
        if (turn === this.#turn) act(...facts)
      }
    this.#close = this.form.open(this.#channels, this.#positions, {
      opened: heard((connectMs = performance.now() - asked) => this.#opened(connectMs)),
      lost: heard(() => {
        this.state = 'opening'
      }),
      ended: heard((due = false) => this.#ended(due)),
      message: heard((channel, load, position) => this.#message(channel, load, position)),
      moved: heard((channel, position) => this.#positions.set(channel, position)),
      gap: heard((channel, position) => this.#gap(channel, position)),
    } satisfies Events)
  }

  #opened(connectMs: number | null): void {
    if (connectMs !== null) this.#connects.push(connectMs)
    if (this.state === 'open') return
    this.#openedAt = this.#clock.now()
    this.#resumed = this.messages > 0
    this.state = 'open'
  }

  #ended(due: boolean): void {
    this.#close()
    this.state = 'opening'
    this.#retry = setTimeout(() => this.#open(), due ? 0 : 300 + Math.random() * 700)
  }

  #message(channel: string, load: Load, position: string | undefined): void {
    const now = this.#clock.now()
    const { load: before, announced } = this.#newest.get(channel) ?? {}
    if (position !== undefined) this.#positions.set(channel, position)
    this.messages++
    if (before?.run === load.run && load.number <= before.number) {
      this.twice++
      return
    }
    const jumped = before?.run === load.run ? load.number - before.number - 1 : 0
    if (jumped > 0 && before) this.tape.gone(before.at, load.at)
    if (announced) this.gone += jumped
    else this.missing += jumped
    this.#newest.set(channel, { load, announced: false })
    // What is read of the time before it was first opened is not late.
    const isPast = !this.#resumed && load.at < this.#openedAt
    this.tape.add(load.at, isPast ? load.at : now)
    if (load.at < this.#openedAt) this.caughtUp += Number(this.#resumed)
    else this.delays.add(Math.max(0, now - load.at - (this.#clock.transferMs ?? 0)))
  }

  #gap(channel: string, position: string): void {
    this.gaps++
    this.#positions.set(channel, position)
    const newest = this.#newest.get(channel)
    if (newest) newest.announced = true
  }
}
