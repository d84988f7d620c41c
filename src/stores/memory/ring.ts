/** A queue in a circular array: push at the end, shift from the front, read by index, each in constant time. */

const smallest = 4

export class Ring<T> {
  #slots: (T | undefined)[] = new Array(smallest)
  #first = 0
  #length = 0

  get length(): number {
    return this.#length
  }

  /** Undefined outside of 0 … length - 1. */
  at(index: number): T | undefined {
    if (index < 0 || index >= this.#length) return undefined
    return this.#slots[(this.#first + index) & (this.#slots.length - 1)]
  }

  /** @throws RangeError outside of 0 … length - 1. */
  get(index: number): T {
    const value = this.at(index)
    if (value !== undefined) return value
    throw new RangeError(`There is no entry ${index} in a ring of ${this.#length}.`)
  }

  push(value: T): void {
    if (this.#length === this.#slots.length) this.#resize(this.#length * 2)
    this.#slots[(this.#first + this.#length) & (this.#slots.length - 1)] = value
    this.#length++
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined
    const value = this.#slots[this.#first]
    this.#slots[this.#first] = undefined // what left the queue must not be kept alive by it
    this.#first = (this.#first + 1) & (this.#slots.length - 1)
    this.#length--
    if (this.#length < this.#slots.length / 4 && this.#slots.length > smallest) this.#resize(this.#slots.length / 2)
    return value
  }

  // The capacity is a power of two, so that `& (capacity - 1)` wraps an index.
  #resize(capacity: number): void {
    const slots: (T | undefined)[] = new Array(capacity)
    for (let index = 0; index < this.#length; index++) slots[index] = this.at(index)
    this.#slots = slots
    this.#first = 0
  }
}
