/** One channel of statistics, as this node keeps it: under keys of its own, and swept of what dead nodes told. */
import { BytesBody } from '../../core/publish/body.js'
import { toError } from '../../core/publish/outcome.js'
import type { NewMessage } from '../../core/store.js'
import { timed } from '../../core/wheel.js'
import type { Message } from '../../protocol/message.js'
import type { ChannelName } from '../../protocol/name.js'
import { KeyedView } from '../keyed-view.js'
import { logKey } from '../log-key.js'
import type { LeasesContext } from '../presence/leases.js'
import type { Lives, Swept } from '../presence/swept.js'
import type { List } from './list.js'
import type { NodeEntry } from './node-list.js'
import { allNodes, sumOf } from './sum.js'

export interface BoardOptions {
  readonly context: LeasesContext
  readonly channel: ChannelName
  readonly list: List
  readonly leases: Lives & { isSilent(node: string): boolean }
  /** The sum of all entries is told, too. */
  readonly sums: boolean
  /** The store keeps no keys: what has not changed would be trimmed, and so is told again now and then. */
  readonly keyless: boolean
  /** Nobody has wanted it for a while, and what this node told is taken back. */
  readonly over: () => void
}

/** Of a store without keys: all is told again with each round of so many. */
const roundsToTellAll = 10

export class Board implements Swept {
  readonly #options: BoardOptions
  readonly #view: KeyedView
  /** What the log says: JSON by key. */
  readonly #said = new Map<string, string>()
  readonly #nodes = new Map<string, number>()
  readonly #timer = timed(() => void this.#next())
  #watchers = 0
  /** By `performance.now()`. */
  #until = 0
  #hereUntil = 0
  #running = false
  #rounds = 0
  #round: Promise<void> | undefined
  #isKnown = false
  #closed = false

  constructor(options: BoardOptions) {
    const { context, channel } = options
    this.#options = options
    this.#view = new KeyedView({
      context,
      channel,
      events: {
        cleared: () => {
          this.#said.clear()
          this.#nodes.clear()
        },
        changed: (message) => this.#heard(message),
        settled: () => undefined,
      },
    })
  }

  /** It says what is so, as far as this node knows. */
  get known(): boolean {
    return this.#isKnown
  }

  /** Somebody reads it on this node, or did so a moment ago. */
  get isReadHere(): boolean {
    return this.#watchers > 0 || performance.now() < this.#hereUntil
  }

  /** How often this node has looked at what it tells. */
  get rounds(): number {
    return this.#rounds
  }

  /** The hub's own readings. */
  get readings(): number {
    return this.#view.follows ? 1 : 0
  }

  /** Somebody reads it, until what is answered is called. */
  watch(lingerMs: number): () => void {
    this.#watchers++
    this.#run()
    return () => {
      this.#watchers--
      this.read(lingerMs)
    }
  }

  /** It was read here, and is kept up for so long. */
  read(ms: number): void {
    this.#hereUntil = Math.max(this.#hereUntil, performance.now() + ms)
    this.#run()
  }

  /** It is read on another node, for so long. */
  want(ms: number): void {
    this.#until = Math.max(this.#until, performance.now() + ms)
    this.#run()
  }

  /** Resolves when it says what is so. `sweep` takes back what dead nodes told. Rejects if the store cannot be asked. */
  async ready(sweep: () => Promise<void>): Promise<void> {
    await Promise.all([this.#options.leases.start(), this.#view.open()])
    await sweep()
    await this.#flush()
    this.#isKnown = true
  }

  others(): readonly string[] {
    return [...this.#nodes.keys()].filter((node) => node !== this.#options.leases.id)
  }

  sweep(): void {
    const { leases, context } = this.#options
    const dead = [...this.#said.keys()].filter((key) => leases.isDead(nodeOf(key)))
    if (dead.length === 0) return
    this.#append(dead.map((key) => ({ key, data: undefined }))).catch((thrown) => context.report(thrown))
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#options.context.delivery.wheel.cancel(this.#timer)
    this.#options.list.close?.()
    this.#view.close()
  }

  get #isWanted(): boolean {
    return this.isReadHere || performance.now() < this.#until
  }

  #run(): void {
    if (this.#running || this.#closed) return
    this.#running = true
    this.#plan(0)
  }

  #plan(ms: number): void {
    this.#options.context.delivery.wheel.schedule(this.#timer, ms)
  }

  /** Throws nothing. */
  async #next(): Promise<void> {
    const { context, list, over } = this.#options
    const isWanted = this.#isWanted
    try {
      await this.#view.open()
      if (isWanted) await this.#flush()
      else await this.#takeBack()
    } catch (thrown) {
      context.report(thrown)
    }
    if (this.#closed) return
    if (isWanted || this.#isWanted) return this.#plan(list.periodMs)
    this.close()
    over()
  }

  /** One round at a time. */
  #flush(): Promise<void> {
    this.#round ??= this.#write().finally(() => {
      this.#round = undefined
    })
    return this.#round
  }

  async #write(): Promise<void> {
    const { list, keyless } = this.#options
    const tellsAll = keyless && this.#rounds % roundsToTellAll === 0
    this.#rounds++
    // Where the log was lost it is read anew, and told anew in a later round.
    await this.#view.refresh()
    const wishes = await this.#wishes(await list.read())
    if (this.#closed) return
    const changes: NewMessage[] = []
    for (const [key, text] of wishes) {
      if (tellsAll || this.#said.get(key) !== text) changes.push({ key, event: 'entry', data: Buffer.from(text) })
    }
    for (const key of this.#own()) if (!wishes.has(key)) changes.push({ key, data: undefined })
    await this.#append(changes)
  }

  async #takeBack(): Promise<void> {
    const keys = [...this.#own()]
    if (this.others().length === 0 && this.#said.has(allNodes)) keys.push(allNodes)
    await this.#append(keys.map((key) => ({ key, data: undefined })))
  }

  #wishes(read: ReadonlyMap<string, object>): Map<string, string> {
    const { sums, leases } = this.#options
    const wishes = new Map<string, string>()
    for (const [key, entry] of read) {
      const own = key === '' ? leases.id : `${leases.id}/${key}`
      wishes.set(logKey(own) === own ? own : `${leases.id}/${logKey(own)}`, JSON.stringify(entry))
    }
    const [mine] = read.values()
    if (sums && mine) this.#addSum(wishes, mine as NodeEntry)
    return wishes
  }

  /** Told by the first of the nodes that live. */
  #addSum(wishes: Map<string, string>, mine: NodeEntry): void {
    const { leases } = this.#options
    const others = this.others().filter((node) => node !== allNodes && !leases.isDead(node) && !leases.isSilent(node))
    if (others.some((node) => node < leases.id)) return
    const entries = others.map((node) => JSON.parse(this.#said.get(node) ?? '{}') as NodeEntry)
    const sum = sumOf([mine, ...entries])
    if (sum) wishes.set(allNodes, JSON.stringify(sum))
  }

  *#own(): Generator<string> {
    for (const key of this.#said.keys()) if (nodeOf(key) === this.#options.leases.id) yield key
  }

  /** @throws AnywireError if the store does not take them. */
  async #append(messages: readonly NewMessage[]): Promise<void> {
    const { context, channel } = this.#options
    if (messages.length === 0 || this.#closed) return
    const body = new BytesBody(messages, context.limits)
    const outcome = await context.publisher.publish({ channel, body, create: true, lane: this })
    const error = toError(outcome, channel)
    if (error) throw error
    await this.#view.refresh()
  }

  #heard({ key, data }: Message): void {
    if (key === undefined) return
    const node = nodeOf(key)
    const had = this.#said.has(key)
    if (data) this.#said.set(key, Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString())
    else this.#said.delete(key)
    if (node === allNodes || had === (data !== undefined)) return
    const count = (this.#nodes.get(node) ?? 0) + (data ? 1 : -1)
    if (count > 0) this.#nodes.set(node, count)
    else this.#nodes.delete(node)
  }
}

/** Who has told it. */
function nodeOf(key: string): string {
  return key.split('/', 1)[0] ?? key
}
