/** The session of a client at a core: its readers by their ids. */
import type { AnywireError } from '../protocol/error.js'
import type { Feed, Feeds } from './feeds.js'
import type { ClientPort, Wish } from './port.js'
import { type Emit, Reader } from './reader.js'

export class ClientSession {
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
    const emit: Emit = (message) => {
      if (message.type === 'ended') this.#readers.delete(id)
      port.send({ ...message, id })
    }
    const transformed = transform && this.#transformed(transform, channel, id, emit)
    const reader = new Reader<Feed>({ channel, ...wish }, transformed || emit)
    this.#readers.set(id, reader)
    this.#feeds.enter(reader)
  }

  leave(id: number): Reader<Feed> | undefined {
    const reader = this.#readers.get(id)
    if (reader) this.#feeds.leave(reader)
    this.#readers.delete(id)
    return reader
  }

  #transformed(url: string, channel: string, id: number, emit: Emit): Emit {
    const loading = import('./transform.js').then(({ transformed }) =>
      transformed(url, channel, emit, (count) => this.consumed(id, count)),
    )
    loading.catch((cause) => {
      this.leave(id)
      emit({ type: 'ended', error: { code: 'rejected', message: `The transform ${url} failed: ${cause}` } })
    })
    return (message) => void loading.then((transform) => transform(message)).catch(() => {})
  }

  /** The client took so many items. */
  consumed(id: number, count: number): void {
    const reader = this.#readers.get(id)
    if (reader?.took(count)) this.#feeds.enter(reader)
  }

  /** Ends every subscription with this error. */
  end(error?: AnywireError): void {
    for (const id of this.#readers.keys()) this.leave(id)?.emit({ type: 'ended', error: error?.toJSON() })
  }
}
