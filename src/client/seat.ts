/** A client's place at a core: its readers by their ids. */
import type { AnywireError } from '../protocol/error.js'
import type { Feeds } from './feeds.js'
import type { ClientPort, Wish } from './port.js'
import { Reader, type ReaderEvents } from './reader.js'
import { transformed } from './transform.js'

export class Seat {
  readonly port: ClientPort
  readonly #feeds: Feeds
  readonly #readers = new Map<number, Reader>()

  constructor(port: ClientPort, feeds: Feeds) {
    this.port = port
    this.#feeds = feeds
  }

  subscribe({ id, channel, offset, slow, rate, transform }: Wish): void {
    this.unsubscribe(id)
    const { port } = this
    const plain: ReaderEvents = {
      subscribed: (offset, contentType) => port.send({ type: 'subscribed', id, offset, contentType }),
      items: (items, position) => port.send({ type: 'items', id, items, position }),
      ended: (error) => {
        this.#readers.delete(id)
        port.send({ type: 'ended', id, error: error?.toJSON() })
      },
    }
    const events =
      transform === undefined
        ? plain
        : transformed(transform, channel, plain, {
            swallowed: (count) => this.took(id, count),
            failed: () => this.unsubscribe(id),
          })
    const reader = new Reader({ channel, from: offset, slow, rate, events })
    this.#readers.set(id, reader)
    this.#feeds.enter(reader)
  }

  unsubscribe(id: number): void {
    const reader = this.#readers.get(id)
    if (reader === undefined) return
    this.#readers.delete(id)
    this.#feeds.leave(reader)
  }

  took(id: number, count: number): void {
    const reader = this.#readers.get(id)
    if (reader) this.#feeds.took(reader, count)
  }

  endAll(error: AnywireError | undefined): void {
    for (const reader of [...this.#readers.values()]) {
      this.#feeds.leave(reader)
      reader.events.ended(error)
    }
  }

  leave(): void {
    for (const id of [...this.#readers.keys()]) this.unsubscribe(id)
  }
}
