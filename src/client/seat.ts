/** A client's place at a core: its readers by their ids. */
import type { AnywireError } from '../protocol/error.js'
import type { Feeds } from './feeds.js'
import type { ClientPort, Wish } from './port.js'
import { Reader, type ReaderEvents } from './reader.js'
import { transformed } from './transform.js'

export interface Seat {
  readonly port: ClientPort
  subscribe(wish: Wish): void
  unsubscribe(id: number): void
  /** The client took so many items. */
  took(id: number, count: number): void
  /** Ends every reading, and says why. */
  end(error: AnywireError | undefined): void
  leave(): void
}

export function createSeat(port: ClientPort, feeds: Feeds): Seat {
  const readers = new Map<number, Reader>()

  const unsubscribe = (id: number) => {
    const reader = readers.get(id)
    if (reader) feeds.leave(reader)
    readers.delete(id)
  }

  const took = (id: number, count: number) => {
    const reader = readers.get(id)
    if (reader?.took(count)) feeds.enter(reader)
  }

  return {
    port,
    subscribe(wish) {
      const { id, channel, transform } = wish
      unsubscribe(id)
      let events: ReaderEvents = {
        subscribed: (offset, contentType) => port.send({ type: 'subscribed', id, offset, contentType }),
        items: (items, position) => port.send({ type: 'items', id, items, position }),
        ended(error) {
          readers.delete(id)
          port.send({ type: 'ended', id, error: error?.toJSON() })
        },
      }
      if (transform !== undefined) {
        const swallowed = (count: number) => took(id, count)
        events = transformed(transform, channel, events, { swallowed, failed: () => unsubscribe(id) })
      }
      const reader = new Reader(wish, events)
      readers.set(id, reader)
      feeds.enter(reader)
    },
    unsubscribe,
    took,
    end(error) {
      for (const reader of readers.values()) {
        feeds.leave(reader)
        reader.events.ended(error)
      }
    },
    leave() {
      for (const id of readers.keys()) unsubscribe(id)
    },
  }
}
