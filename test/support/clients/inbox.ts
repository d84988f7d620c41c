/** What a client has received and nobody has looked at yet, in order. */

export class Inbox<T> {
  readonly #items: T[] = []
  #end: Error | undefined
  #waiting: (() => void)[] = []

  get length(): number {
    return this.#items.length
  }

  put(item: T): void {
    this.#items.push(item)
    this.tell()
  }

  /** Nothing more will come: whoever waits is told so. */
  end(why: string): void {
    this.#end ??= new Error(why)
    this.tell()
  }

  /** The next item, or the next that fits; those before it stay. Rejects once nothing more can come. */
  async take(fits: (item: T) => boolean = () => true): Promise<T> {
    for (;;) {
      const at = this.#items.findIndex(fits)
      if (at >= 0) return this.#items.splice(at, 1)[0]!
      if (this.#end) throw this.#end
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  /** All that is here now. */
  all(): T[] {
    return this.#items.splice(0)
  }

  private tell(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}
