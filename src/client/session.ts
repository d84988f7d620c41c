/** A client's place at a core: its readers by their ids. */
import type { AnywireError } from '../protocol/error.js'
import type { Feed, Feeds } from './feeds.js'
import type { ClientPort, Wish } from './port.js'
import { type Emit, Reader } from './reader.js'
import { transformed } from './transform.js'

export class Session {
  readonly port: ClientPort
  readonly #feeds: Feeds
  readonly #readers = new Map<number, Reader<Feed>>()

  constructor(port: ClientPort, feeds: Feeds) {
    this.port = port
    this.#feeds = feeds
  }

  subscribe({ id, channel, transform, ...wish }: Wish): void {
    const { port } = this
    this.leave(id)
    let emit: Emit = (message) => {
      if (message.type === 'ended') this.#readers.delete(id)
      port.send({ ...message, id })
    }
    if (transform !== undefined) {
      const dropped = (count: number) => this.consumed(id, count)
      emit = transformed(transform, channel, emit, { dropped, failed: () => this.leave(id) })
    }
    const reader = new Reader<Feed>({ channel, ...wish }, emit)
    this.#readers.set(id, reader)
    this.#feeds.enter(reader)
  }

  leave(id: number): Reader<Feed> | undefined {
    const reader = this.#readers.get(id)
    if (reader) this.#feeds.leave(reader)
    this.#readers.delete(id)
    return reader
  }

  /** The client took so many items. */
  consumed(id: number, count: number): void {
    const reader = this.#readers.get(id)
    if (reader?.took(count)) this.#feeds.enter(reader)
  }

  /** Ends every reading, and says why. */
  end(error?: AnywireError): void {
    for (const id of this.#readers.keys()) this.leave(id)?.emit({ type: 'ended', error: error?.toJSON() })
  }
}
