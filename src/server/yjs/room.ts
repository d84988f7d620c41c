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
  /** When it was heard, in microseconds since 1970 by the store's clock. */
  readonly at: number
}

/** Who speaks of a client, and through which node. */
export interface Speaker {
  /** The mark of the principal; '' where nobody is told apart. */
  readonly mark: string
  /** '' where no node is named. */
  readonly node: string
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

  isNews({ client, clock, state }: AwarenessEntry, { mark }: Speaker): boolean {
    const known = this.#known.get(client)
    if (!known) return state !== 'null'
    if (known.by.mark !== mark) return false
    return clock > known.clock || (clock === known.clock && state === 'null' && !known.gone)
  }

  /** `at`: microseconds since 1970 by the store's clock. */
  set({ client, clock, state }: AwarenessEntry, by: Speaker, at: number): void {
    this.remove(client)
    const gone = state === 'null'
    this.#known.set(client, { clock, gone, by, at })
    this.#counts.set(by.mark, this.countOf(by.mark) + 1)
  }

  /** Nodes through which those spoke who are here. */
  nodes(): string[] {
    return [...new Set([...this.#known.values()].filter(({ gone }) => !gone).map(({ by }) => by.node))]
  }

  /** Those who are here by a word that came through one of these nodes: the word that takes it back. */
  farewells(isDead: (node: string) => boolean): { readonly entry: AwarenessEntry; readonly by: Speaker }[] {
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

  #hear({ key, data, event, offset }: Message): void {
    if (key === undefined) return
    if (data === undefined) return this.remove(Number(key))
    const entry = entryOf(data)
    const known = entry && this.#known.get(entry.client)
    const by = speakerOf(event)
    // Two nodes may have believed two principals at once: the first in the log was first.
    if (!entry || (known && (known.by.mark !== by.mark || entry.clock < known.clock))) return
    this.set(entry, by, microsOf(offset))
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

/** What stands as the event of a message: the mark, and the node behind a dot. */
export const eventOf = ({ mark, node }: Speaker): string => `${mark}.${node}`

function speakerOf(event = ''): Speaker {
  const [mark = '', node = ''] = event.split('.')
  return { mark, node }
}

/** The server itself may have published anything. */
function entryOf(data: Uint8Array): AwarenessEntry | undefined {
  try {
    return parseAwareness(data, 1)[0]
  } catch {
    return undefined
  }
}
