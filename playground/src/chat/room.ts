/** A room as this page knows it: what was said from some point on, and how far it has been read. */

import type { Item, MessageItem } from 'anywire/client'
import type { ChatMessage } from '../channels.js'
import { fits } from '../checks.js'
import { client, complain } from '../shell/client.js'
import { me } from '../shell/me.js'
import { Value } from '../shell/value.js'

export type Line = Item<ChatMessage>

const page = 40
const began = Date.now()

export class Room {
  readonly name: string
  readonly channel: `chat/${string}`
  readonly about: string
  /** Oldest first. */
  readonly lines = new Value<readonly Line[]>([])
  /** Nothing older is kept. */
  readonly whole = new Value(false)
  readonly unread = new Value(0)
  /** The offset of the newest message that was read here; shared by all tabs. */
  readonly read: Value<string>
  #loading = false

  constructor(name: string, about: string) {
    this.name = name
    this.channel = `chat/${name}`
    this.about = about
    this.read = new Value(localStorage.getItem(this.#key) ?? '')
    client.subscribe(this.channel, { from: `last-${page}` }, (item) => this.#take(item)).closed.catch(complain)
    addEventListener('storage', ({ key, newValue }) => key === this.#key && this.#mark(newValue ?? ''))
  }

  /** Everything that is shown has been read. */
  readAll(): void {
    const newest = this.lines.value.findLast(isMessage)?.offset
    if (newest === undefined || newest <= this.read.value) return
    localStorage.setItem(this.#key, newest)
    this.#mark(newest)
  }

  /** Reads what was said before: the channel again, from further back, up to the oldest line that is here. */
  async older(): Promise<void> {
    const known = this.lines.value.filter(isMessage)
    const oldest = known[0]?.offset
    if (this.#loading || this.whole.value || oldest === undefined) return
    this.#loading = true
    try {
      const before: Line[] = []
      for await (const item of client.subscribe(this.channel, { from: `last-${known.length + page}` })) {
        if (item.kind !== 'message' || !fits(this.channel, item.data)) continue
        if (item.offset >= oldest) break
        before.push(item)
      }
      this.whole.set(before.length < page)
      this.lines.set([...before, ...this.lines.value])
    } catch (thrown) {
      complain(thrown)
    }
    this.#loading = false
  }

  get #key(): string {
    return `chat.read.${this.name}`
  }

  #take(item: Line): void {
    if (item.kind === 'message' && !fits(this.channel, item.data)) return
    this.lines.set([...this.lines.value, item])
    this.#count()
  }

  #mark(offset: string): void {
    this.read.set(offset)
    this.#count()
  }

  #count(): void {
    const { value: read } = this.read
    // Who has never been here has not missed what was said before.
    const isNew = ({ offset, data }: MessageItem<ChatMessage>) => (read ? offset > read : data.at > began)
    this.unread.set(this.lines.value.filter((line) => isMessage(line) && line.data.from !== me && isNew(line)).length)
  }
}

export const isMessage = (line: Line): line is MessageItem<ChatMessage> => line.kind === 'message'

/** All rooms are followed from the first visit on, so that one sees where something was said. */
export const rooms: readonly Room[] = [
  new Room('lobby', 'Where everybody comes in.'),
  new Room('workshop', 'What is being made, and how.'),
  new Room('kitchen', 'Everything else.'),
  new Room('reading', 'The protocol, read out a sentence at a time.'),
]
