/** Who is in a document: the newest word of each client, for as long as it is renewed. */
import { createHmac } from 'node:crypto'
import { BytesBody } from '../../core/publish/body.js'
import type { Incoming, Principal, RuleContext } from '../../core/rule.js'
import { timed } from '../../core/wheel.js'
import { AnywireError } from '../../protocol/error.js'
import type { ChannelName } from '../../protocol/name.js'
import { type AwarenessEntry, parseAwareness, spellAwareness } from '../../protocol/y-awareness.js'
import type { Context } from '../context.js'
import type { YjsLimits } from './options.js'
import { eventOf, Room, type Said } from './room.js'

/** A client renews what it says every 15 s: who has not is gone. */
const silentMs = 30_000
/** Two nodes that believe two principals of one client know better after so long. */
const lookMs = 1_000

export class Presence {
  readonly #context: Context
  readonly #limits: YjsLimits
  readonly #secret: string | undefined
  readonly #rooms = new Map<ChannelName, Room>()
  /** Ends the sweep for dead nodes. */
  readonly #unwatch = new Map<ChannelName, () => void>()
  /** Rooms that are looked at in a moment. */
  readonly #looking = new Set<Room>()

  constructor(context: Context, limits: YjsLimits, secret: string | undefined) {
    this.#context = context
    this.#limits = limits
    this.#secret = secret
  }

  /** Readers see it. Without the secret nobody can try out ids until one has this mark. */
  async #markOf({ id }: Principal): Promise<string> {
    const { door, presence } = this.#context
    if (!door.asks) return ''
    const secret = this.#secret ?? (await presence.leases.secret())
    return createHmac('sha256', secret).update(id).digest('base64url').slice(0, 22)
  }

  /**
   * A rule's `receive`: takes what is new of a client, from the principal who first spoke of it, on whichever node. The
   * rest is nothing new: y-websocket's provider says again whatever it hears. A mark of the principal, and this node,
   * are kept as the event of the message.
   */
  async receive(message: Incoming, { channel, principal }: RuleContext): Promise<void> {
    const entry = entryOf(message)
    const room = this.#room(channel)
    const { leases } = this.#context.presence
    await leases.start() // the others must know this node before they find its name
    const mark = await this.#markOf(principal)
    const isOld = mark !== '' && room.readAt < performance.now() - lookMs
    if (isOld || !room.has(entry.client)) await room.refresh()
    const now = Math.round(leases.now() * 1_000)
    const by = { mark, node: leases.id, since: room.sinceOf(entry.client) ?? now }
    if (!room.isNews(entry, by)) return message.discard()
    if (!room.has(entry.client)) {
      this.#checkRoom(room, by.mark)
      if (mark !== '') this.#lookIn(channel, room)
    }
    room.set(entry, by, now)
    message.key = String(entry.client)
    message.event = eventOf(by)
  }

  /** @throws AnywireError `too-many` if one more client cannot be in. */
  #checkRoom(room: Room, mark: string): void {
    const { clientsPerDocument, clientsPerPrincipal } = this.#limits
    if (mark !== '' && room.countOf(mark) >= clientsPerPrincipal)
      throw tooMany(`You have ${clientsPerPrincipal} clients in this document already`, 'clientsPerPrincipal')
    if (room.size >= clientsPerDocument)
      throw tooMany(`${clientsPerDocument} clients are in this document already`, 'clientsPerDocument')
  }

  #room(channel: ChannelName): Room {
    const known = this.#rooms.get(channel)
    if (known) return known
    const { store, limits, presence } = this.#context
    const room = new Room(store, channel, { messages: limits.pageMessages, bytes: limits.pageBytes })
    this.#rooms.set(channel, room)
    const { leases } = presence
    const place = {
      others: () => room.nodes().filter((node) => node !== '' && node !== leases.id),
      sweep: () => void this.#takeBack(channel, room).catch((thrown) => this.#context.report(thrown)),
    }
    this.#unwatch.set(channel, presence.watch(place))
    // The log may hold those who were here before this process began.
    this.#sweepIn(channel, 0)
    return room
  }

  /** Says of those who spoke through nodes that died that they have left, unless they have spoken elsewhere since. */
  async #takeBack(channel: ChannelName, room: Room): Promise<void> {
    const { draining, presence } = this.#context
    const isDead = (node: string) => presence.leases.isDead(node)
    if (draining || room.farewells(isDead).length === 0) return
    await room.refresh()
    await this.#say(channel, room, room.farewells(isDead))
  }

  /** Publishes what is said of clients. @throws AnywireError if that is refused. */
  async #say(channel: ChannelName, room: Room, said: readonly Said[]): Promise<void> {
    const { publisher, limits, presence } = this.#context
    const messages = said.map(({ entry, by }) => {
      return { key: String(entry.client), event: eventOf(by), data: Buffer.from(spellAwareness(entry)) }
    })
    const body = new BytesBody(messages, limits)
    const outcome = !body.isEmpty && (await publisher.publish({ channel, body, create: false }))
    if (outcome && outcome.kind === 'refused') throw outcome.error
    for (const { entry, by } of said) room.set(entry, by, presence.leases.now() * 1_000)
  }

  /** A client is new here: looks, until it is in the log, whether somebody else spoke of it, and who was first. */
  #lookIn(channel: ChannelName, room: Room): void {
    if (this.#looking.has(room)) return
    this.#looking.add(room)
    const look = async () => {
      this.#looking.delete(room)
      if (this.#context.draining) return
      if (room.expects) this.#lookIn(channel, room)
      await room.refresh()
      await this.#correct(channel, room)
    }
    const again = timed(() => void look().catch((thrown) => this.#context.report(thrown)))
    this.#context.delivery.wheel.schedule(again, lookMs)
  }

  async #correct(channel: ChannelName, room: Room): Promise<void> {
    await this.#say(channel, room, room.corrections())
  }

  #sweepIn(channel: ChannelName, ms: number): void {
    const sweep = () => this.#sweep(channel).catch((thrown) => this.#context.report(thrown))
    this.#context.delivery.wheel.schedule(timed(sweep), ms)
  }

  /** Takes away those who have been silent, and looks again for as long as somebody is here, whatever failed. */
  async #sweep(channel: ChannelName): Promise<void> {
    const { publisher, draining, limits, presence } = this.#context
    const room = this.#rooms.get(channel)
    if (draining || !room) return
    try {
      await room.refresh()
      const silent = room.silent((presence.leases.now() - silentMs) * 1_000)
      const tombstones = silent.map((client) => ({ data: undefined, key: String(client) }))
      const body = new BytesBody(tombstones, limits)
      const outcome = !body.isEmpty && (await publisher.publish({ channel, body, create: false }))
      if (outcome && outcome.kind === 'refused') throw outcome.error
      for (const client of silent) room.remove(client)
      await this.#correct(channel, room)
    } finally {
      if (room.size === 0) this.#forget(channel)
      else this.#sweepIn(channel, silentMs)
    }
  }

  #forget(channel: ChannelName): void {
    this.#rooms.delete(channel)
    this.#unwatch.get(channel)?.()
    this.#unwatch.delete(channel)
  }
}

function tooMany(what: string, limit: string): AnywireError {
  const sentence = `${what}: leave with some, or raise the limit "${limit}" of hub.yjs.`
  return new AnywireError('too-many', sentence, { details: { retryMs: silentMs } })
}

/** @throws AnywireError `rejected` for what is not the word of one client. */
function entryOf({ data }: Incoming): AwarenessEntry {
  // The first byte is how many clients it speaks of: more than one are not read.
  const [entry] = data instanceof Uint8Array && data[0] === 1 ? parseAwareness(data, 1) : []
  if (entry) return entry
  throw new AnywireError('rejected', 'A message of awareness is an update that speaks of one client.')
}
