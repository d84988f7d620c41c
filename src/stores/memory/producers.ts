/** The producers of a channel, each with what it stored last, and what remembering them takes. */
import type { Producer } from '../../core/store.js'
import { textWeight } from './weight.js'

/** Besides its id. An estimate. */
const producerOverhead = 192

export class Producers {
  /** In the order of their last use. */
  readonly #byId = new Map<string, Producer>()
  #weight = 0

  get size(): number {
    return this.#byId.size
  }

  /** In bytes. */
  get weight(): number {
    return this.#weight
  }

  of(id: string): Producer | undefined {
    return this.#byId.get(id)
  }

  /** Above `limit` the one unused longest is forgotten. */
  remember(producer: Producer, limit: number): void {
    if (this.#byId.delete(producer.id)) this.#weight -= weightOf(producer.id)
    this.#byId.set(producer.id, producer)
    this.#weight += weightOf(producer.id)
    while (this.size > limit) this.forgetOldest()
  }

  forgetOldest(): void {
    const [id] = this.#byId.keys()
    if (id !== undefined && this.#byId.delete(id)) this.#weight -= weightOf(id)
  }
}

function weightOf(id: string): number {
  return producerOverhead + textWeight(id)
}
