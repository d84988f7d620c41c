/** When the messages of a log came, for retention by age: offsets may run ahead of the clock. */
import { Ring } from './ring.js'

/** Per millisecond the number of the last message. */
interface Mark {
  readonly at: number
  number: number
}

export class Ages {
  readonly #marks = new Ring<Mark>()

  /** The message of this number has come, and all before it. */
  mark(at: number, number: number): void {
    const newest = this.#marks.at(this.#marks.length - 1)
    if (newest && newest.at >= at) newest.number = number
    else this.#marks.push({ at, number })
  }

  /** The message of this number is no longer kept. */
  trimmed(number: number): void {
    const oldest = this.#marks.at(0)
    if (oldest && oldest.number <= number) this.#marks.shift()
  }

  /** Whether the oldest message came no later than this. */
  oldestIsBefore(at: number): boolean {
    const oldest = this.#marks.at(0)
    return oldest !== undefined && oldest.at <= at
  }
}
