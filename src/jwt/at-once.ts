/** So many jobs at once; the others wait, in the order in which they came. */

export class AtOnce {
  readonly #most: number
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(most: number) {
    this.#most = most
  }

  async run<T>(job: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#most) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#running++
    try {
      return await job()
    } finally {
      // The next one takes its place.
      const next = this.#waiting.shift()
      if (next) next()
      else this.#running--
    }
  }
}
