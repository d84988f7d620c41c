/** A place in a log, as numbers; spelt as an offset when one is asked for. So none is parsed. */
import { microsOf, mintOffset, numberOf, type Offset } from '../../protocol/offset.js'

export class Place {
  readonly micros: number
  readonly number: number
  #offset: Offset | undefined

  constructor(micros: number, number: number) {
    this.micros = micros
    this.number = number
  }

  static of(offset: Offset): Place {
    return new Place(microsOf(offset), numberOf(offset))
  }

  get offset(): Offset {
    this.#offset ??= mintOffset(this.micros, this.number)
    return this.#offset
  }
}
