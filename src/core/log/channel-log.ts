/** What a node holds of a channel's log: its window, its state in the store, and early wake-ups. Knows no reader. */
import { type Kind, kindOf, type Message, type Slice } from '../../protocol/message.js'
import type { ChannelName } from '../../protocol/name.js'
import type { Offset } from '../../protocol/offset.js'
import type { ChannelInfo, Wake } from '../store.js'
import { type CutLimits, Window, type WindowLimits } from './window.js'

/** Wake-ups that wait while the store is asked where the log stands. */
const mostEarly = 1_000

/** What `place` changed. */
export interface Placed {
  /** The window starts again: slices encoded from it are invalid. */
  readonly moved: boolean
  /** Wake-ups that waited for it, in order. */
  readonly early: readonly Wake[]
  /** Too many were waiting: ask the store again. */
  readonly missed: boolean
}

export class ChannelLog {
  readonly name: ChannelName
  readonly #window: Window
  #contentType: string
  #kind: Kind
  #exists = false
  #closed = false
  #ttlSeconds: number | undefined
  #early: Wake[] | undefined = []
  /** Wake-ups were dropped while the head of the log was unknown. */
  #missed = false

  /** `contentType`: of a channel that nobody has written yet. */
  constructor(name: ChannelName, contentType: string, limits: WindowLimits) {
    this.name = name
    this.#contentType = contentType
    this.#kind = kindOf(contentType)
    this.#window = new Window('', limits)
  }

  get contentType(): string {
    return this.#contentType
  }

  get kind(): Kind {
    return this.#kind
  }

  get exists(): boolean {
    return this.#exists
  }

  get closed(): boolean {
    return this.#closed
  }

  get ttlSeconds(): number | undefined {
    return this.#ttlSeconds
  }

  get head(): Offset {
    return this.#window.head
  }

  get windowBytes(): number {
    return this.#window.bytes
  }

  /** Whether the head of the log is known. */
  get ready(): boolean {
    return this.#early === undefined
  }

  /** Whether the window knows what follows this very position. */
  knows(position: Offset): boolean {
    return this.ready && this.#window.has(position)
  }

  /** Wake-ups wait from here on until `place`. */
  unplace(): void {
    this.#early ??= []
  }

  /** Starts the window at the head that the store reported. The caller applies the wake-ups that waited. */
  place(info: ChannelInfo): Placed {
    const moved = info.head !== this.#window.head
    if (moved) this.#window.reset(info.head)
    this.#exists = info.exists
    this.#closed = info.closed
    this.#ttlSeconds = info.ttlSeconds
    if (info.contentType !== undefined) {
      this.#contentType = info.contentType
      this.#kind = kindOf(info.contentType)
    }
    const placed = { moved, early: this.#early ?? [], missed: this.#missed }
    this.#early = undefined
    this.#missed = false
    return placed
  }

  /** `lost`: ask the store for the head of the log. `waits`: that is under way. `known`: it came late or twice. */
  wake(wake: Wake): 'grew' | 'known' | 'lost' | 'waits' {
    if (this.#early) {
      if (this.#early.push(wake) > mostEarly) {
        this.#early = []
        this.#missed = true
      }
      return 'waits'
    }
    if (wake.kind !== 'appended' || !this.#exists) return 'lost'
    const { messages, next, closed } = wake
    // One that came twice is known. One of another log, or from before the window, means that something was missed.
    if (next < this.head) return this.knows(next) ? 'known' : 'lost'
    const fresh = messages.filter((message) => message.offset > this.head)
    if (!this.#window.push(fresh) || next !== this.head) return 'lost'
    this.#closed ||= closed
    return 'grew'
  }

  /** The slice after `position`; undefined if the window does not know what follows it. */
  cut(position: Offset, limits: CutLimits): Slice | undefined {
    const messages = this.#window.cut(position, limits)
    return messages && this.slice(position, messages)
  }

  /** Everything after `position`; undefined as of `cut`. */
  after(position: Offset): readonly Message[] | undefined {
    return this.#window.after(position)
  }

  slice(from: Offset, messages: readonly Message[]): Slice {
    const to = messages.at(-1)?.offset ?? from
    const upToDate = to === this.head
    return { channel: this.name, kind: this.#kind, from, to, messages, upToDate, closed: upToDate && this.#closed }
  }
}
