/** Ends connections that are meant, one after another in turns: a hub may have a hundred thousand. */
import type { Connection } from '../core/reading/connection.js'
import type { Source, Turns } from '../core/turns.js'

export interface Ending {
  /** Ends the connection if it is meant; answers whether it was. */
  end(connection: Connection): boolean
  /** All have been asked, and so many were ended. */
  done(count: number): void
}

interface Walk {
  readonly left: Iterator<Connection>
  readonly endings: readonly { readonly ending: Ending; count: number }[]
}

export class Endings implements Source {
  readonly #turns: Turns
  readonly #all: () => Iterable<Connection>
  /** What comes while all are asked is asked of all in one walk afterwards. */
  #asked = new Map<unknown, Ending>()
  #walk: Walk | undefined

  constructor(turns: Turns, all: () => Iterable<Connection>) {
    this.#turns = turns
    this.#all = all
  }

  /** Asks all connections, those too that come before the last has been asked. Of one `key` the newest counts. */
  ask(key: unknown, ending: Ending): void {
    this.#asked.set(key, ending)
    this.#turns.add(this)
  }

  work(deadline: number): boolean {
    if (!this.#walk && this.#asked.size === 0) return true
    do {
      this.#walk ??= this.#begin()
      const { left, endings } = this.#walk
      const { value: connection, done } = left.next()
      if (done) {
        this.#walk = undefined
        for (const { ending, count } of endings) ending.done(count)
        if (this.#asked.size === 0) return true
      } else if (!connection.closed) for (const one of endings) if (one.ending.end(connection)) one.count++
    } while (performance.now() < deadline)
    return false
  }

  #begin(): Walk {
    const endings = [...this.#asked.values()].map((ending) => ({ ending, count: 0 }))
    this.#asked = new Map()
    return { left: this.#all()[Symbol.iterator](), endings }
  }
}
