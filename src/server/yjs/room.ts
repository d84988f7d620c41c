/** Who is in one document, as its log has it: what was said last of each client, when, and by whom. */
import type { Limit, ReadResult, Store } from '../../core/store.js'
import type { Message } from '../../protocol/message.js'
import type { ChannelName } from '../../protocol/name.js'
import { microsOf, type Offset } from '../../protocol/offset.js'
import { type AwarenessEntry, parseAwareness } from '../../protocol/y-awareness.js'

interface Known {
  readonly clock: number
  readonly gone: boolean
  /** Who spoke: whoever was first to speak of a client is the only one who is believed. */
  readonly by: Speaker
  /** Its state, as long as the log has not told it: another one may yet be found to have been first. */
  readonly state: string | undefined
  /** When it was heard, in microseconds since 1970 by the store's clock. */
  readonly at: number
}

/** Who speaks of a client, and through which node. */
export interface Speaker {
  /** The mark of the principal; '' where nobody is told apart. */
  readonly mark: string
  /** '' where no node is named. */
  readonly node: string
  /** When the principal first spoke of the client, in microseconds since 1970 by the store's clock. */
  readonly since: number
}

/** What a node has to say so that the log tells what was said of a client. */
export interface Said {
  readonly entry: AwarenessEntry
  readonly by: Speaker
}

export class Room {
  readonly #store: Pick<Store, 'read' | 'snapshot'>
  readonly #channel: ChannelName
  readonly #page: Limit
  readonly #known = new Map<number, Known>()
  /** Clients of whom somebody else had spoken before this node stored what it took: what has to be said of them. */
  readonly #contested = new Map<number, Said>()
  /** Clients of each principal who are known, those who have left too: until they are forgotten they take a place. */
  readonly #counts = new Map<string, number>()
  #position: Offset | undefined
  /** When it was read to its head (by `performance.now()`). */
  readAt = Number.NEGATIVE_INFINITY
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

  isNews({ client, clock, state }: AwarenessEntry, { mark }: Speaker): boolean {
    const known = this.#known.get(client)
    if (!known) return state !== 'null'
    if (known.by.mark !== mark) return false
    return clock > known.clock || (clock === known.clock && state === 'null' && !known.gone)
  }

  /** What was taken here is not known to be in the log. */
  get expects(): boolean {
    return [...this.#known.values()].some(({ state }) => state !== undefined)
  }

  /** When the principal who is believed first spoke of the client; undefined: nobody has. */
  sinceOf(client: number): number | undefined {
    return this.#known.get(client)?.by.since
  }

  /** Takes what is about to be stored. `at`: microseconds since 1970 by the store's clock. */
  set(entry: AwarenessEntry, said: Speaker, at: number): void {
    const before = this.#known.get(entry.client)
    const isHeard = before?.by.mark === said.mark && before.state === undefined
    this.#set(entry, said, at, isHeard)
  }

  /**
   * What has to stand in the log after words of two principals: of the one who is believed, and newer than both. The
   * node whose word was the later one in the log says it, once.
   */
  corrections(): Said[] {
    const all = [...this.#contested.values()]
    this.#contested.clear()
    return all.filter(({ entry, by }) => this.#known.get(entry.client)?.by.mark === by.mark)
  }

  #set({ client, clock, state }: AwarenessEntry, said: Speaker, at: number, isHeard: boolean): void {
    const before = this.#known.get(client)?.by
    const since = before?.mark === said.mark ? Math.min(before.since, said.since) : said.since
    const by = { ...said, since }
    this.remove(client)
    this.#known.set(client, { clock, gone: state === 'null', by, at, state: isHeard ? undefined : state })
    this.#counts.set(by.mark, this.countOf(by.mark) + 1)
  }

  /** Nodes through which those spoke who are here. */
  nodes(): string[] {
    return [...new Set([...this.#known.values()].filter(({ gone }) => !gone).map(({ by }) => by.node))]
  }

  /** Those who are here by a word that came through one of these nodes: the word that takes it back. */
  farewells(isDead: (node: string) => boolean): Said[] {
    return [...this.#known].flatMap(([client, { clock, gone, by }]) =>
      gone || !isDead(by.node) ? [] : { entry: { client, clock, state: 'null' }, by },
    )
  }

  /** Clients of whom nothing was heard since then. */
  silent(sinceMicros: number): number[] {
    return [...this.#known].flatMap(([client, { at }]) => (at < sinceMicros ? client : []))
  }

  /** Reads on to the head of the log: other nodes take words too. @throws what the store throws. */
  refresh(): Promise<void> {
    const turn = this.#turn.then(async () => {
      await this.#read()
      this.readAt = performance.now()
    })
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

  #hear({ key, data, event, offset }: Message): void {
    if (key === undefined) return
    if (data === undefined) {
      this.#contested.delete(Number(key))
      return this.remove(Number(key))
    }
    const entry = entryOf(data)
    const known = entry && this.#known.get(entry.client)
    const by = speakerOf(event, microsOf(offset))
    if (!entry) return
    if (known && known.by.mark !== by.mark) {
      const isFirst = wasFirst(by, known.by)
      // Two nodes have believed two principals at once, and the other one's was stored before what was taken here.
      if (known.state !== undefined) this.#contest(entry.client, known, entry, isFirst ? by : known.by)
      if (!isFirst) return
    } else if (known && entry.clock < known.clock) {
      this.#known.set(entry.client, { ...known, state: undefined })
      return
    }
    this.#set(entry, by, microsOf(offset), true)
  }

  #contest(client: number, known: Known, heard: AwarenessEntry, by: Speaker): void {
    const { state = 'null' } = by === known.by ? known : heard
    const clock = Math.max(known.clock, heard.clock) + 1
    this.#contested.set(client, { entry: { client, clock, state }, by })
  }

  remove(client: number): void {
    const known = this.#known.get(client)
    if (!known) return
    this.#known.delete(client)
    const { mark } = known.by
    const left = this.countOf(mark) - 1
    if (left > 0) this.#counts.set(mark, left)
    else this.#counts.delete(mark)
  }
}

/** Every node judges the same, from any message of either. */
function wasFirst(one: Speaker, other: Speaker): boolean {
  return one.since === other.since ? one.mark < other.mark : one.since < other.since
}

/** What stands as the event of a message: the mark, the node, and since when the principal has spoken of the client. */
export const eventOf = ({ mark, node, since }: Speaker): string => `${mark}.${node}.${since.toString(36)}`

/** What was stored by a node that named no such time is judged by the time of the message. */
function speakerOf(event = '', at: number): Speaker {
  const [mark = '', node = '', since = ''] = event.split('.')
  const micros = Number.parseInt(since, 36)
  return { mark, node, since: Number.isSafeInteger(micros) ? micros : at }
}

/** The server itself may have published anything. */
function entryOf(data: Uint8Array): AwarenessEntry | undefined {
  try {
    return parseAwareness(data, 1)[0]
  } catch {
    return undefined
  }
}
