/** Who is in one document, as its log has it: what was said last of each client, when, and by whom. */
import type { Limit, ReadResult, Store } from '../../core/store.js'
import type { Message } from '../../protocol/message.js'
import type { ChannelName } from '../../protocol/name.js'
import { microsOf, type Offset } from '../../protocol/offset.js'
import { type AwarenessEntry, parseAwareness } from '../../protocol/y-awareness.js'

interface Known {
  readonly clock: number
  readonly gone: boolean
  /** The digest of the principal; '' without one. */
  readonly by: string
  /** When it was heard, in microseconds since 1970. */
  readonly at: number
}

export class Room {
  readonly #store: Pick<Store, 'read' | 'snapshot'>
  readonly #channel: ChannelName
  readonly #page: Limit
  readonly #known = new Map<number, Known>()
  /** Clients of each principal who are known, those who have left too: until they are forgotten they take a place. */
  readonly #counts = new Map<string, number>()
  #position: Offset | undefined
  #turn: Promise<void> = Promise.resolve()

  constructor(store: Pick<Store, 'read' | 'snapshot'>, channel: ChannelName, page: Limit) {
    this.#store = store
    this.#channel = channel
    this.#page = page
  }

  get size(): number {
    return this.#known.size
  }

  has(client: number): boolean {
    return this.#known.has(client)
  }

  countOf(by: string): number {
    return this.#counts.get(by) ?? 0
  }

  isNews({ client, clock, state }: AwarenessEntry, by: string): boolean {
    const known = this.#known.get(client)
    if (!known) return state !== 'null'
    if (known.by !== by) return false
    return clock > known.clock || (clock === known.clock && state === 'null' && !known.gone)
  }

  set({ client, clock, state }: AwarenessEntry, by: string, at = Date.now() * 1_000): void {
    this.remove(client)
    const gone = state === 'null'
    this.#known.set(client, { clock, gone, by, at })
    this.#counts.set(by, this.countOf(by) + 1)
  }

  /** Clients of whom nothing was heard since then. */
  silent(sinceMicros: number): number[] {
    return [...this.#known].flatMap(([client, { at }]) => (at < sinceMicros ? client : []))
  }

  /** Reads on to the head of the log: other nodes take words too. @throws what the store throws. */
  refresh(): Promise<void> {
    const turn = this.#turn.then(() => this.#read())
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  async #read(): Promise<void> {
    while (this.#position !== undefined) {
      const page = await this.#store.read(this.#channel, { kind: 'at', offset: this.#position }, this.#page)
      if (page.kind !== 'page') this.#position = undefined
      else if (this.#take(page)) return
    }
    let after: Offset | undefined
    let until: Offset | undefined
    for (;;) {
      const page = await this.#store.snapshot(this.#channel, after, until, this.#page)
      if (page.kind === 'gone') return
      if (page.kind === 'gap') after = until = undefined
      else {
        until ??= page.info.head
        if (this.#take(page)) return
        after = page.to
      }
    }
  }

  /** Answers whether that was all. A snapshot is not a position before it is complete. */
  #take(page: Extract<ReadResult, { kind: 'page' }>): boolean {
    for (const message of page.messages) this.#hear(message)
    if (this.#position !== undefined || page.upToDate) this.#position = page.to
    return page.upToDate
  }

  #hear({ key, data, event = '', offset }: Message): void {
    if (key === undefined) return
    if (data === undefined) return this.remove(Number(key))
    const entry = entryOf(data)
    const known = entry && this.#known.get(entry.client)
    if (entry && (!known || entry.clock >= known.clock)) this.set(entry, event, microsOf(offset))
  }

  remove(client: number): void {
    const known = this.#known.get(client)
    if (!known) return
    this.#known.delete(client)
    const left = this.countOf(known.by) - 1
    if (left > 0) this.#counts.set(known.by, left)
    else this.#counts.delete(known.by)
  }
}

/** The server itself may have published anything. */
function entryOf(data: Uint8Array): AwarenessEntry | undefined {
  try {
    return parseAwareness(data, 1)[0]
  } catch {
    return undefined
  }
}
