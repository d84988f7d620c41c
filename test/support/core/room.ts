/** A channel with readers, for tests of delivery: a real store, real subscriptions, wires that end in memory. */

import { type Limits, resolveLimits } from '../../../src/core/limits.js'
import { type Meter, noMeter } from '../../../src/core/meter.js'
import { Connection, type ConnectionOptions } from '../../../src/core/reading/connection.js'
import { Delivery } from '../../../src/core/reading/delivery.js'
import type { Subscription, SubscriptionOptions } from '../../../src/core/reading/subscription.js'
import type { ChannelConfig } from '../../../src/core/store.js'
import type { Framing } from '../../../src/protocol/framing.js'
import { parsePosition } from '../../../src/protocol/offset.js'
import { memory } from '../../../src/stores/memory/memory.js'
import { MemoryWire } from './memory-wire.js'
import { UnreliableStore } from './unreliable-store.js'

/** Spells a message as itself and a space, a tombstone as `-key`, a gap as `[reason missed]`, the end as a full stop. */
export const words: Framing = {
  name: 'words',
  encode: (slice) =>
    Buffer.from(
      slice.messages
        .map(
          ({ data, key }) =>
            `${data === undefined ? `-${key}` : Buffer.from(data.buffer, data.byteOffset, data.length)} `,
        )
        .join(''),
    ),
  gap: (_channel, gap) => Buffer.from(`[${gap.reason} ${gap.missed ?? '?'}] `),
  end: () => Buffer.from('. '),
  heartbeat: Buffer.from('♥ '),
}

export interface ReaderOptions extends SubscriptionOptions {
  readonly channel?: string
  readonly from?: string
  readonly framing?: Framing
  readonly wire?: MemoryWire
  readonly connection?: Partial<ConnectionOptions>
}

/** One reading: its wire, its connection, its place. */
export class Reader {
  readonly wire: MemoryWire
  readonly connection: Connection
  readonly subscription: Subscription

  constructor(wire: MemoryWire, connection: Connection, subscription: Subscription) {
    this.wire = wire
    this.connection = connection
    this.subscription = subscription
  }

  /** What it has got, as words. */
  get got(): string {
    return this.wire.text.trim()
  }

  /** Resolves with what it has got once `last` is the last word of it. */
  async until(last: string): Promise<string> {
    await this.wire.until(() => ` ${this.got}`.endsWith(` ${last}`))
    return this.got
  }
}

const keepAll = { messages: null, bytes: null, ageMs: null }

export class Room {
  readonly name = 'room'
  readonly store = new UnreliableStore(memory())
  readonly errors: unknown[] = []
  readonly config: ChannelConfig
  readonly limits: Limits
  readonly delivery: Delivery

  constructor(limits: Partial<Limits> = {}, config: Partial<ChannelConfig> = {}, meter: Meter = noMeter) {
    this.limits = resolveLimits(limits)
    this.config = { contentType: 'text/plain', retain: keepAll, evictable: false, ...config }
    this.delivery = new Delivery({
      store: this.store,
      limits: this.limits,
      ruleOf: () => ({ pattern: 'rule', config: this.config }),
      meter,
      onError: (thrown) => this.errors.push(thrown),
    })
  }

  /** Appends words in one step. A word's letters are its key where it has a number too: `a1`. Answers the position after them. */
  async publish(...list: (string | Uint8Array)[]): Promise<string> {
    const messages = list.map((word) => {
      const key = typeof word === 'string' ? /^-?([a-z]+)\d*$/.exec(word)?.[1] : undefined
      return { data: typeof word !== 'string' ? word : word.startsWith('-') ? undefined : Buffer.from(word), key }
    })
    const result = await this.store.append(this.name, messages, { create: this.config })
    if (result.kind !== 'appended') throw new Error(`The store answered ${result.kind}.`)
    return result.next
  }

  /** Appends the numbers from `first` to `last`, each by itself. */
  async count(first: number, last: number): Promise<string[]> {
    const offsets: string[] = []
    for (let number = first; number <= last; number++) offsets.push(await this.publish(String(number)))
    return offsets
  }

  async close(): Promise<void> {
    await this.store.append(this.name, [], { create: this.config, close: true })
  }

  async reader(options: ReaderOptions = {}): Promise<Reader> {
    const { channel = this.name, from = 'now', framing = words, wire = new MemoryWire(), ...reading } = options
    const opening = await this.delivery.open(channel, parsePosition(from))
    const connection = new Connection({
      wire,
      heartbeat: framing.heartbeat,
      principal: { id: 'reader' },
      wheel: this.delivery.wheel,
      times: this.limits,
      single: true,
      ...options.connection,
    })
    return new Reader(wire, connection, opening.start(connection, framing, reading))
  }

  readers(count: number, options: (i: number) => ReaderOptions = () => ({})): Promise<Reader[]> {
    return Promise.all(Array.from({ length: count }, (_, i) => this.reader(options(i))))
  }
}

export const numbers = (first: number, last: number): string =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i).join(' ')

/** Lets everything that is due at the end of this turn happen, also where a busy machine cuts it in slices. */
export async function turn(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise(setImmediate)
}
