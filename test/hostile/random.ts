/** Chance that can be had again: everything drawn follows from a seed. */
import { randomOf } from '../../playground/server/random.js'

export class Random {
  /** From 0 to below 1. */
  readonly next: () => number

  constructor(seed: number) {
    this.next = randomOf(seed)
  }

  /** A whole number from 0 to below `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end)
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<T>(of: readonly T[]): T {
    return of[this.below(of.length)]!
  }

  /** Some of them, in their order. */
  some<T>(of: readonly T[], probability: number): T[] {
    return of.filter(() => this.chance(probability))
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)))
  }

  /** Bytes changed in a few places: flipped, put in, left out, said twice, cut off. */
  mutate(bytes: Buffer): Buffer {
    let out = bytes
    for (let i = this.below(4) + 1; i > 0; i--) {
      const at = this.below(out.length + 1)
      const to = Math.min(out.length, at + this.below(12))
      const [head, tail] = [out.subarray(0, at), out.subarray(at)]
      out = this.pick([
        () => Buffer.concat([head, this.bytes(1), tail.subarray(1)]),
        () => Buffer.concat([head, this.bytes(this.below(6)), tail]),
        () => Buffer.concat([head, out.subarray(to)]),
        () => Buffer.concat([head, out.subarray(at, to), tail]),
        () => (this.chance(0.2) ? head : out),
      ])()
    }
    return out
  }
}
