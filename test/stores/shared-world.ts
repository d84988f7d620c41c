/** Two hubs on one engine, writers with producers, readers of every channel, and what they must have seen in the end. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished } from 'vitest'
import { AnywireError, createHub, type Hub, type Store } from '../../src/index.js'

/** What a reader got since it last began anew. */
interface Reader {
  readonly channel: string
  texts: string[]
  /** The same, to look them up. */
  seen: Set<string>
  /** Losses that were announced. */
  gaps: string[]
}

interface Writer {
  readonly channel: string
  readonly acknowledged: string[]
  /** Messages begun: the last one may be acknowledged already. */
  begun: number
  /** How many were begun when the engine lost some. */
  mark: number
}

/** A last wake-up may be lost: the follower looks at each channel within 40 s, and a call of the store. */
const lastWakeMs = 50_000

const everything = { messages: 1_000_000, bytes: 1_000_000_000 }
/** Of each writer, so that a run is a few thousand messages: after a reset readers read all of them again. */
const pauseMs = 10

export class World {
  readonly readers: Reader[] = []
  readonly writers: Writer[] = []
  readonly #stop = new AbortController()
  #writing: Promise<unknown>[] = []

  /** `open` gives each hub its own store. */
  static async of(open: () => Promise<Store>, channels = 4): Promise<World> {
    const world = new World()
    for (const name of ['one', 'two']) {
      const rules = { '*': { contentType: 'text/plain', retain: { messages: 1_000_000 } } }
      const hub = createHub({ store: await open(), rules, onError: () => undefined, limits: { storeMs: 4_000 } })
      onTestFinished(async () => {
        world.#stop.abort()
        await Promise.all(world.#writing)
        await hub.close({ graceMs: 0 })
      })
      for (let number = 0; number < channels; number++) world.#join(hub, name, `channel/${number}`)
    }
    await world.flows()
    return world
  }

  /** Everybody has written, and everybody has read what was written: from now on. */
  async flows(): Promise<number> {
    const began = performance.now()
    const before = this.writers.map(({ acknowledged }) => acknowledged.length)
    const flowing = () =>
      this.writers.every(({ channel, acknowledged }, index) => {
        const since = acknowledged.slice(before[index])
        const readers = this.readers.filter((reader) => reader.channel === channel)
        return readers.every(({ seen }) => since.some((text) => seen.has(text)))
      })
    await expect.poll(flowing, { interval: 20 }).toBe(true)
    return performance.now() - began
  }

  /** What was begun before may be lost. */
  mark(): void {
    for (const writer of this.writers) writer.mark = writer.begun
  }

  /**
   * Writers stop; then every reader has read, in order and once, what the engine holds, and that is all that was
   * acknowledged. `lossy`: since the mark.
   */
  async check(store: Store, { lossy = false } = {}): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#writing)
    for (const channel of new Set(this.readers.map((reader) => reader.channel))) {
      const page = await store.read(channel, { kind: 'start' }, everything)
      const held = page.kind === 'page' ? page.messages.map(({ data }) => Buffer.from(data!).toString()) : []
      expect(new Set(held).size).toBe(held.length)
      const must = this.writers
        .filter((writer) => writer.channel === channel)
        .flatMap(({ acknowledged, mark }) => acknowledged.slice(lossy ? mark : 0))
      const there = new Set(held)
      expect(must.filter((text) => !there.has(text))).toEqual([])
      for (const reader of this.readers.filter((one) => one.channel === channel)) {
        const missing = () => ({ messages: Math.max(0, held.length - reader.texts.length), gaps: reader.gaps })
        await expect.poll(missing, { timeout: lastWakeMs }).toMatchObject({ messages: 0 })
        expect(reader.texts).toEqual(held)
        expect(reader.gaps).toEqual(lossy ? reader.gaps.map(() => 'reset') : [])
        if (lossy) expect(reader.gaps.length).toBeGreaterThan(0)
      }
    }
  }

  #join(hub: Hub, name: string, channel: string): void {
    const writer: Writer = { channel, acknowledged: [], begun: 0, mark: 0 }
    const reader: Reader = { channel, texts: [], seen: new Set(), gaps: [] }
    this.writers.push(writer)
    this.readers.push(reader)
    this.#writing.push(this.#write(hub, name, writer))
    void this.#read(hub, reader)
  }

  async #write(hub: Hub, name: string, writer: Writer): Promise<void> {
    const { channel, acknowledged } = writer
    let epoch = 0
    let seq = 0
    for (let number = 0; !this.#stop.signal.aborted; number++) {
      const text = `${name} ${number}`
      writer.begun++
      for (;;) {
        const outcome = await hub.publish(channel, text, { producer: { id: name, epoch, seq } }).then(
          () => 'stored',
          (thrown) => AnywireError.from(thrown).code,
        )
        if (outcome === 'stored') break
        // The engine has lost what it knew of us: what it does not know it did not store.
        if (outcome === 'sequence-gap') [epoch, seq] = [epoch + 1, 0]
        if (this.#stop.signal.aborted && outcome !== 'unknown-outcome') return
        await sleep(20)
      }
      seq++
      acknowledged.push(text)
      await sleep(pauseMs)
    }
  }

  async #read(hub: Hub, reader: Reader): Promise<void> {
    const { signal } = this.#stop
    const ended = new AbortController()
    onTestFinished(() => ended.abort())
    while (!signal.aborted) {
      try {
        for await (const item of hub.subscribe(reader.channel, { from: 'start', signal: ended.signal })) {
          if (item.kind === 'message') {
            reader.texts.push(String(item.data))
            reader.seen.add(String(item.data))
          } else {
            reader.gaps.push(item.reason)
            reader.texts = []
            reader.seen = new Set()
          }
        }
      } catch (thrown) {
        // Before it has begun it is tried again.
        if (reader.texts.length > 0) reader.gaps.push(`ended: ${thrown}`)
        await sleep(20)
      }
    }
  }
}
