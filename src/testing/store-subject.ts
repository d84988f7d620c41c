/** What the facts about stores speak with: a store under test, a clock set by hand, short ways to write and read. */
import { randomUUID } from 'node:crypto'
import { afterEach } from 'vitest'
import type {
  AppendOptions,
  ChannelConfig,
  ChannelInfo,
  Forks,
  Limit,
  NewMessage,
  Page,
  ReadResult,
  Retention,
  Store,
  Wake,
} from '../core/store.js'
import { infoOf } from '../core/store-info.js'
import type { Gap, Message } from '../protocol/message.js'
import type { Offset, Position } from '../protocol/offset.js'

/** What a store under test is made with. A store that keeps time by itself ignores `now` and says `clock: false`. */
export interface StoreUnderTestOptions {
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

export type CreateStore = (options: StoreUnderTestOptions) => Store | Promise<Store>

/** Milliseconds since 1970 at which the clock of the facts starts. */
export const beginning = Date.UTC(2030, 0, 1)

export const everything: Limit = { messages: 10_000, bytes: 1_048_576 }

const keepAll: Retention = { messages: null, bytes: null, ageMs: null }

export function config(over: Partial<Omit<ChannelConfig, 'retain'>> & { retain?: Partial<Retention> } = {}) {
  const retain = { ...keepAll, ...over.retain }
  return { contentType: 'text/plain', evictable: false, ...over, retain } satisfies ChannelConfig
}

/** As a publisher has it who is traced. */
export const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

export function text(message: Message): string {
  return message.data === undefined ? '∅' : new TextDecoder().decode(message.data)
}

export function texts(result: ReadResult): string[] {
  return pageOf(result).messages.map(text)
}

export function pageOf(result: ReadResult): Page {
  if (result.kind !== 'page') throw new Error(`expected a page, got ${JSON.stringify(result)}`)
  return result
}

export function gapOf(result: ReadResult): Gap {
  if (result.kind !== 'gap') throw new Error(`expected a gap, got ${JSON.stringify(result)}`)
  return result
}

/** Names that no other fact uses, in this run or another: what lies behind a store may outlive it. */
const run = randomUUID()
let names = 0

/** One store and its clock. */
export class Subject {
  /** Milliseconds since 1970. */
  time = beginning
  readonly wakes: Wake[] = []
  #store: Store | undefined

  get store(): Store {
    if (this.#store) return this.#store
    throw new Error('The store has not been opened.')
  }

  async open(createStore: CreateStore): Promise<void> {
    this.#store = await createStore({ now: () => this.time })
    this.#store.watch((wake) => this.wakes.push(wake))
  }

  /** A channel name used by no other fact. */
  name(): string {
    return `contract/${run}-${++names}`
  }

  /** Creates a channel, holding one message per text, each appended by itself. */
  async channel(over: Parameters<typeof config>[0] = {}, ...contents: string[]): Promise<string> {
    const name = this.name()
    await this.store.create(name, config(over))
    for (const content of contents) await this.append(name, content)
    return name
  }

  append(channel: string, content: string | readonly NewMessage[], options: AppendOptions = {}) {
    const messages = typeof content === 'string' ? [{ data: bytes(content) }] : content
    return this.store.append(channel, messages, options)
  }

  /** Appends one message and answers the position after it. */
  async offsetOf(channel: string, content: string | readonly NewMessage[], options?: AppendOptions): Promise<Offset> {
    const result = await this.append(channel, content, options)
    if (result.kind !== 'appended') throw new Error(`expected "appended", got ${JSON.stringify(result)}`)
    return result.next
  }

  read(channel: string, position: Position | Offset = { kind: 'start' }, limit: Limit = everything) {
    const at: Position = typeof position === 'string' ? { kind: 'at', offset: position } : position
    return this.store.read(channel, at, limit)
  }

  async texts(channel: string, position?: Position | Offset, limit?: Limit): Promise<string[]> {
    return texts(await this.read(channel, position, limit))
  }

  info(channel: string): Promise<ChannelInfo | 'gone'> {
    return infoOf(this.store, channel)
  }

  /** Those of the names that are channels. */
  async existing(...names: readonly string[]): Promise<string[]> {
    const infos = await this.store.position(names)
    return names.filter((_, index) => {
      const info = infos[index]
      return typeof info === 'object' && info.exists
    })
  }

  /** What is known of a channel that is not gone. */
  async existingInfo(channel: string): Promise<ChannelInfo> {
    const info = await this.info(channel)
    if (info === 'gone') throw new Error(`"${channel}" is gone`)
    return info
  }

  /** The half of the store for forks. */
  get forks(): Forks {
    const { forks } = this.store
    if (!forks) throw new Error('the store has no forks')
    return forks
  }

  async head(channel: string): Promise<Offset> {
    return (await this.existingInfo(channel)).head
  }

  async close(): Promise<void> {
    await this.#store?.close()
    this.#store = undefined
  }
}

/** Opens a store for one fact; `time` is where its clock starts. */
export type Open = (time?: number) => Promise<Subject>

/** To be called in a `describe`: gives each fact in it a fresh store. */
export function subject(createStore: CreateStore): Open {
  const opened: Subject[] = []
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.close()
  })
  return async (time = beginning) => {
    const one = new Subject()
    one.time = time
    opened.push(one)
    await one.open(createStore)
    return one
  }
}
