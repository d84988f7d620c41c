/** A client's place at a core: its readers by their ids. */
import type { AnywireError } from '../protocol/error.js'
import type { Feeds } from './feeds.js'
import type { ClientPort, Wish } from './port.js'
import { createReader, type Reader, type ReaderEvents } from './reader.js'
import { transformed } from './transform.js'

export interface Seat {
  readonly port: ClientPort
  subscribe(message: { readonly wishes: readonly Wish[] }): void
  unsubscribe(message: { readonly ids: readonly number[] }): void
  /** The client took so many items. */
  consumed(message: { readonly id: number; readonly count: number }): void
  /** Ends every reading, and says why. */
  end(error?: AnywireError): void
}

export function createSeat(port: ClientPort, feeds: Feeds): Seat {
  const readers = new Map<number, Reader>()

  const leave = (id: number) => {
    const reader = readers.get(id)
    if (reader) feeds.leave(reader)
    readers.delete(id)
    return reader
  }

  const consumed: Seat['consumed'] = ({ id, count }) => {
    const reader = readers.get(id)
    if (reader?.took(count)) feeds.enter(reader)
  }

  const subscribe = (wish: Wish) => {
    const { id, channel, transform } = wish
    leave(id)
    let events: ReaderEvents = {
      subscribed: (offset, contentType) => port.send({ type: 'subscribed', id, offset, contentType }),
      items: (items, position) => port.send({ type: 'items', id, items, position }),
      ended(error) {
        readers.delete(id)
        port.send({ type: 'ended', id, error: error?.toJSON() })
      },
    }
    if (transform !== undefined) {
      const swallowed = (count: number) => consumed({ id, count })
      events = transformed(transform, channel, events, { swallowed, failed: () => leave(id) })
    }
    const reader = createReader(wish, events)
    readers.set(id, reader)
    feeds.enter(reader)
  }

  return {
    port,
    subscribe: ({ wishes }) => wishes.forEach(subscribe),
    unsubscribe: ({ ids }) => ids.forEach(leave),
    consumed,
    end(error) {
      for (const id of readers.keys()) leave(id)?.events.ended(error)
    },
  }
}
