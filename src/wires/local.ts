/** The wire of a reader in this process: room for one slice, taken by an async iterator. */
import type { Wire } from '../core/wire.js'
import type { AnywireError } from '../protocol/error.js'
import type { Gap, Slice } from '../protocol/message.js'

export type LocalItem = Slice | Gap

export class LocalWire implements Wire {
  drained: (() => void) | undefined
  closed: (() => void) | undefined
  readonly sent = 0
  readonly received = 0
  readonly #items: LocalItem[] = []
  #wake: (() => void) | undefined
  #reason: AnywireError | undefined
  #over = false

  get room(): boolean {
    return !this.#over && this.#items.length === 0
  }

  write(_bytes: Buffer, slice?: Slice): boolean {
    if (slice && slice.messages.length > 0) this.put(slice)
    return this.room
  }

  put(item: LocalItem): void {
    this.#items.push(item)
    this.#wake?.()
  }

  close(reason?: AnywireError): void {
    this.#reason ??= reason
    this.destroy()
  }

  destroy(): void {
    if (this.#over) return
    this.#over = true
    this.#wake?.()
    const { closed } = this
    this.closed = undefined
    closed?.()
  }

  /** The next item; undefined at the end. @throws the reason for which the reading was ended. */
  async take(): Promise<LocalItem | undefined> {
    while (this.#items.length === 0 && !this.#over) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#wake = undefined
    }
    const item = this.#items.shift()
    if (item === undefined && this.#reason) throw this.#reason
    if (this.#items.length === 0) this.drained?.()
    return item
  }
}
