/** Who is in a document: the newest word of each client, for as long as it is renewed. */
import type { Incoming, RuleContext } from '../../core/rule.js'
import { timed } from '../../core/wheel.js'
import { AnywireError } from '../../protocol/error.js'
import type { ChannelName } from '../../protocol/name.js'
import { microsOf } from '../../protocol/offset.js'
import { type AwarenessEntry, parseAwareness } from '../../protocol/y-awareness.js'
import type { Context } from '../context.js'

/** A client renews what it says every 15 s: who has not is gone. */
const silentMs = 30_000
/** Clients in one document. */
const most = 1_000

/** The newest that was said of a client, and by whom. */
interface Known {
  readonly clock: number
  readonly gone: boolean
  readonly principal: string
}

export class Presence {
  readonly #context: Context
  readonly #rooms = new Map<ChannelName, Map<number, Known>>()

  constructor(context: Context) {
    this.#context = context
  }

  /**
   * A rule's `receive`: takes what is new of a client, from the principal who first spoke of it. The rest is nothing new: y-websocket's provider says again
   * whatever it hears.
   */
  receive(message: Incoming, { channel, principal }: RuleContext): void {
    const entry = entryOf(message)
    const room = this.#room(channel)
    const known = room.get(entry.client)
    if (!isNews(entry, known, principal.id)) return message.discard()
    if (!known && room.size >= most) throw new AnywireError('too-many', `${most} clients are in this document already.`)
    room.set(entry.client, { clock: entry.clock, gone: entry.state === 'null', principal: principal.id })
    message.key = String(entry.client)
  }

  #room(channel: ChannelName): Map<number, Known> {
    const known = this.#rooms.get(channel)
    if (known) return known
    const room = new Map<number, Known>()
    this.#rooms.set(channel, room)
    // The log may hold those who were here before this process began.
    this.#sweepIn(channel, 0)
    return room
  }

  #sweepIn(channel: ChannelName, ms: number): void {
    const sweep = () => this.#sweep(channel).catch((thrown) => this.#context.report(thrown))
    this.#context.delivery.wheel.schedule(timed(sweep), ms)
  }

  /** Takes away those who have been silent: the log itself says when each was heard, whichever node took its word. */
  async #sweep(channel: ChannelName): Promise<void> {
    const { store, publisher, limits, draining } = this.#context
    if (draining) return
    const since = (Date.now() - silentMs) * 1_000
    const page = await store.snapshot(channel, undefined, undefined, { messages: most, bytes: limits.pageBytes })
    const messages = page.kind === 'page' ? page.messages : []
    const stale = messages.flatMap(({ key, offset }) => (key !== undefined && microsOf(offset) < since ? key : []))
    if (stale.length > 0) {
      const outcome = await publisher.publish({
        channel,
        messages: stale.map((key) => ({ data: undefined, key })),
        create: false,
      })
      if (outcome.kind === 'refused') throw outcome.error
    }
    const room = this.#rooms.get(channel)
    for (const key of stale) room?.delete(Number(key))
    if (stale.length === messages.length) this.#rooms.delete(channel)
    else this.#sweepIn(channel, silentMs)
  }
}

function isNews({ clock, state }: AwarenessEntry, known: Known | undefined, principal: string): boolean {
  if (!known) return true
  if (known.principal !== principal) return false
  return clock > known.clock || (clock === known.clock && state === 'null' && !known.gone)
}

/** @throws AnywireError `rejected` for what is not the word of one client. */
function entryOf({ data }: Incoming): AwarenessEntry {
  const entries = data instanceof Uint8Array ? parseAwareness(data) : []
  if (entries.length === 1) return entries[0]!
  throw new AnywireError('rejected', 'A message of awareness is an update that speaks of one client.')
}
