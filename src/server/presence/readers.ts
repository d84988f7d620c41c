/** Who reads one channel on this node, with those who were cut off and may come back. */
import { type Timed, timed, type Wheel } from '../../core/wheel.js'

/** JSON of the state of who has left while its connections still read. */
export const exited = 'null'

/** One member on this node. */
export interface Present {
  /** Connections that read, or have ended a moment ago. */
  connections: number
  /** Those of them that have ended. */
  readonly cuts: Timed[]
  /** Connections whose end was announced: the next so many that end have left. */
  farewells: number
  /** It has published a state here. */
  entered: boolean
  /** JSON of the last state that it set here, when, and whether the roster has still to be told. */
  state: string | undefined
  stateAt: number
  isStateNew: boolean
  since: number
  /** When its last change was written (by `performance.now()`). */
  writtenAt: number
  /** Since when the roster may name another number of connections (by `performance.now()`); undefined: it does not. */
  recountAt: number | undefined
}

export interface ReadersOptions {
  readonly wheel: Wheel
  readonly graceMs: number
  /** What the time is by the store's clock, in milliseconds since 1970. */
  readonly now: () => number
  /** What is to be said of a member may have changed. */
  readonly changed: (key: string) => void
}

/**
 * Who leaves of its own will is gone after so long: a client that goes to another node closes the old connection when
 * it has the new one, and the other node has to be the first to write.
 */
const leavingMs = 1_000

export class Readers {
  readonly #options: ReadersOptions
  readonly #members = new Map<string, Present>()
  #connections = 0

  constructor(options: ReadersOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#members.size
  }

  get connections(): number {
    return this.#connections
  }

  keys(): IterableIterator<string> {
    return this.#members.keys()
  }

  get(key: string): Present | undefined {
    return this.#members.get(key)
  }

  /** A connection begins to read. If one was cut off a moment ago, this is it. */
  join(key: string): void {
    const member = this.#of(key)
    const cut = member.cuts.shift()
    if (cut) this.#options.wheel.cancel(cut)
    else this.#count(key, member, 1)
  }

  /** A connection has ended: of its own will, or cut off. */
  left(key: string, leaves: boolean): void {
    const member = this.#members.get(key)
    if (!member) return
    const announced = member.farewells > 0
    if (announced) member.farewells--
    this.#cut(key, member, leaves || announced)
  }

  /** The member says how it is here. For `graceMs` that alone keeps it present. */
  enter(key: string, state: string): void {
    this.#say(key, state).entered = true
  }

  /** The member says that it is not here, though its connections read on, on whichever node. */
  exit(key: string): void {
    this.#say(key, exited).entered = false
  }

  /** The roster tells that the member has left, through another node. What was said here later counts. */
  exitedAt(key: string, at: number): void {
    const member = this.#members.get(key)
    if (!member || (member.isStateNew && member.stateAt >= at)) return
    member.entered = false
    member.state = undefined
    member.isStateNew = false
    member.recountAt = undefined
  }

  /** With `on: 'subscribe'`: the member leaves with one connection: one that was cut off already, or the next that ends. */
  leave(key: string): void {
    const { wheel, graceMs } = this.#options
    const member = this.#members.get(key)
    if (!member) return
    const [cut] = member.cuts
    if (cut) return wheel.schedule(cut, this.#leavingMs)
    if (member.farewells >= member.connections) return
    member.farewells++
    wheel.schedule(
      timed(() => {
        if (member.farewells > 0) member.farewells--
      }),
      graceMs,
    )
  }

  /** So many connections have come to other nodes: as many of those that were cut off here do not come back. */
  movedAway(key: string, count: number): void {
    const member = this.#members.get(key)
    // What it said has still to be told.
    if (!member || member.isStateNew) return
    for (const cut of member.cuts.splice(0, count)) {
      this.#options.wheel.cancel(cut)
      this.#count(key, member, -1)
    }
  }

  close(): void {
    for (const { cuts } of this.#members.values()) for (const cut of cuts) this.#options.wheel.cancel(cut)
    this.#members.clear()
  }

  get #leavingMs(): number {
    return Math.min(leavingMs, this.#options.graceMs)
  }

  #say(key: string, state: string): Present {
    const member = this.#of(key)
    member.state = state
    member.stateAt = this.#options.now()
    member.isStateNew = true
    if (member.connections === member.cuts.length) {
      const [cut] = member.cuts
      if (cut) this.#options.wheel.schedule(cut, this.#options.graceMs)
      else {
        this.#count(key, member, 1)
        this.#cut(key, member, false)
      }
    }
    this.#options.changed(key)
    return member
  }

  #cut(key: string, member: Present, leaves: boolean): void {
    const over = timed(() => {
      member.cuts.splice(member.cuts.indexOf(over), 1)
      this.#count(key, member, -1)
    })
    member.cuts.push(over)
    this.#options.wheel.schedule(over, leaves ? this.#leavingMs : this.#options.graceMs)
  }

  #count(key: string, member: Present, by: 1 | -1): void {
    member.connections += by
    member.recountAt ??= performance.now()
    this.#connections += by
    if (member.connections === 0) this.#members.delete(key)
    this.#options.changed(key)
  }

  #of(key: string): Present {
    const known = this.#members.get(key)
    if (known) return known
    const member: Present = {
      connections: 0,
      cuts: [],
      farewells: 0,
      entered: false,
      state: undefined,
      stateAt: 0,
      isStateNew: false,
      since: this.#options.now(),
      writtenAt: Number.NEGATIVE_INFINITY,
      recountAt: undefined,
    }
    this.#members.set(key, member)
    return member
  }
}
