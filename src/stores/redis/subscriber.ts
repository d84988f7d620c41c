/** Wake-ups of one Redis: which are wanted, and which it was asked for. Lost connections do not change the first. */

import type { RedisConnection } from './connection.js'
import { offline, refusalOf } from './failures.js'
import { Line } from './line.js'

export interface SubscriberOptions {
  readonly open: (
    onMessage: (key: string, message: Buffer) => void,
    onMoved: (key: string) => void,
  ) => Promise<RedisConnection>
  readonly onMessage: (key: string, message: Buffer) => void
  /** Wake-ups of these may have been lost; absent: of all that are wanted here. */
  readonly onLost: (keys?: readonly string[]) => void
  /** Slots have moved. */
  readonly onMoved: () => void
}

interface Waiting {
  readonly resolve: () => void
  /** Absent: it is wanted whether there is a connection or not. */
  readonly reject?: (thrown: unknown) => void
}

/** Keys in one command; those of one command lie in one slot. */
const atOnce = 500
/** After so long a key whose slot was just elsewhere is asked for again. */
const againMs = 50

export class Subscriber {
  readonly #options: SubscriberOptions
  readonly #line: Line
  /** By key, who waits for it to be subscribed for the first time. */
  readonly #wanted = new Map<string, Waiting[]>()
  #has = new Set<string>()
  /** Keys of which it is to be seen whether they are wanted. */
  #todo = new Set<string>()
  #working = false

  constructor(options: SubscriberOptions) {
    this.#options = options
    this.#line = new Line({
      open: () =>
        options.open(
          (key, message) => options.onMessage(key, message),
          (key) => this.#moved(key),
        ),
      prepare: (connection) => this.#prepare(connection),
      up: () => this.#up(),
      down: () => this.#down(),
    })
  }

  get ready(): boolean {
    return this.#line.connection !== undefined
  }

  /** Resolves when it is subscribed. @throws AnywireError `store-down` if there is no connection. */
  want(key: string): Promise<void> {
    if (!this.#line.connection) return Promise.reject(offline())
    return new Promise((resolve, reject) => {
      const waiting = this.#wanted.get(key) ?? []
      waiting.push({ resolve, reject })
      this.#wanted.set(key, waiting)
      this.#look(key)
    })
  }

  /** Wants what was subscribed elsewhere: told of by `onLost` when it is subscribed here. */
  adopt(keys: readonly string[]): void {
    for (const key of keys) {
      const lost = () => this.#options.onLost([key])
      this.#wanted.set(key, [...(this.#wanted.get(key) ?? []), { resolve: lost }])
      this.#look(key)
    }
  }

  wants(key: string): boolean {
    return this.#wanted.has(key)
  }

  /** Wants it no more. */
  drop(key: string): void {
    for (const { resolve } of this.#wanted.get(key) ?? []) resolve()
    this.#wanted.delete(key)
    this.#look(key)
  }

  /** Connects anew. */
  renew(): void {
    this.#line.connection?.end()
  }

  async next(): Promise<boolean> {
    return (await this.#line.next()) !== undefined
  }

  get failure(): unknown {
    return this.#line.failure
  }

  close(): void {
    this.#line.close()
    this.#wanted.clear()
  }

  #look(key: string): void {
    this.#todo.add(key)
    const { connection } = this.#line
    if (connection && !this.#working) void this.#work(connection)
  }

  // One step after the other: the client forgets a listener that is added while it is being taken away.
  async #work(connection: RedisConnection): Promise<void> {
    this.#working = true
    // What else this turn wants goes with the first.
    await undefined
    while (this.#todo.size > 0 && this.#line.connection === connection) await this.#step(connection)
    this.#working = false
    const { connection: later } = this.#line
    if (later && this.#todo.size > 0) void this.#work(later)
  }

  async #step(connection: RedisConnection): Promise<void> {
    const keys = [...this.#todo]
    this.#todo.clear()
    const more = keys.filter((key) => this.#wanted.has(key) && !this.#has.has(key))
    const fewer = keys.filter((key) => !this.#wanted.has(key) && this.#has.has(key))
    for (const key of keys) if (this.#wanted.has(key) && this.#has.has(key)) this.#begun(key)
    try {
      await Promise.all([
        ...bySlot(more).map((some) => this.#subscribe(connection, some)),
        ...bySlot(fewer).map(async (some) => {
          // A slot that is elsewhere has ended them already.
          await connection.unsubscribe(some).catch((thrown) => {
            if (!refusalOf(thrown)) throw thrown
          })
          for (const key of some) this.#has.delete(key)
        }),
      ])
    } catch {
      // A connection that does not do as it is told is replaced.
      connection.end()
    }
  }

  async #subscribe(connection: RedisConnection, keys: string[]): Promise<void> {
    try {
      await connection.subscribe(keys)
    } catch (thrown) {
      if (!refusalOf(thrown)) throw thrown
      this.#options.onMoved()
      setTimeout(() => keys.forEach((key) => void this.#look(key)), againMs).unref()
      return
    }
    if (this.#line.connection && this.#line.connection !== connection) return
    for (const key of keys) {
      this.#has.add(key)
      this.#begun(key)
    }
  }

  #begun(key: string): void {
    const waiting = this.#wanted.get(key)
    for (const { resolve } of waiting?.splice(0) ?? []) resolve()
  }

  /** All that is wanted is subscribed before anybody hears that there is a connection. */
  async #prepare(connection: RedisConnection): Promise<void> {
    this.#has = new Set()
    this.#todo.clear()
    await Promise.all(bySlot([...this.#wanted.keys()]).map((some) => this.#subscribe(connection, some)))
  }

  #up(): void {
    this.#options.onLost()
    // What came and went meanwhile.
    for (const key of new Set([...this.#wanted.keys(), ...this.#has]))
      if (this.#wanted.has(key) !== this.#has.has(key)) this.#look(key)
  }

  #down(): void {
    this.#has = new Set()
    this.#todo.clear()
    for (const [key, waiting] of this.#wanted) {
      if (waiting.length === 0) continue
      if (waiting.every(({ reject }) => reject)) this.#wanted.delete(key)
      for (const { reject, resolve } of waiting.splice(0)) reject ? reject(offline()) : resolve()
    }
    this.#options.onLost()
  }

  #moved(key: string): void {
    this.#has.delete(key)
    this.#options.onLost([key])
    this.#options.onMoved()
    if (this.#wanted.has(key)) setTimeout(() => this.#look(key), againMs).unref()
  }
}

/** The keys of one command share the hash tag. */
function bySlot(keys: readonly string[]): string[][] {
  const groups = new Map<string, string[]>()
  for (const key of keys) {
    const tag = key.slice(0, key.indexOf('}'))
    const group = groups.get(tag)
    if (group) group.push(key)
    else groups.set(tag, [key])
  }
  return [...groups.values()].flatMap((group) =>
    Array.from({ length: Math.ceil(group.length / atOnce) }, (_, part) =>
      group.slice(part * atOnce, (part + 1) * atOnce),
    ),
  )
}
