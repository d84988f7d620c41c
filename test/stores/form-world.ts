/** Publishers, and readers on every form: each reader gets all that was acknowledged, once and in order. */
import { setTimeout as wait } from 'node:timers/promises'
import { expect, onTestFinished } from 'vitest'
import { connect } from '../../src/client/index.js'
import { type FormReader, http1, type Way } from './form-readers.js'

/** Publishes one number after the other, each until it is acknowledged. */
export class Publisher {
  acknowledged = 0
  readonly name: string
  readonly channel: string
  readonly #done: Promise<void>
  #stopped = false

  constructor(name: string, channel: string, publish: (text: string, seq: number) => Promise<boolean>) {
    this.name = name
    this.channel = channel
    this.#done = this.#run(publish)
  }

  /** All that it has published. */
  async stop(): Promise<string[]> {
    this.#stopped = true
    await this.#done
    return Array.from({ length: this.acknowledged }, (_, seq) => `${this.name} ${seq}`)
  }

  async #run(publish: (text: string, seq: number) => Promise<boolean>): Promise<void> {
    while (!this.#stopped) {
      const seq = this.acknowledged
      if (await publish(`${this.name} ${seq}`, seq).catch(() => false)) this.acknowledged++
      else await wait(20)
    }
  }
}

export function byRequests(name: string, base: string, channel: string, way: Way = http1): Publisher {
  return new Publisher(name, channel, async (text, seq) => {
    const producer = { 'producer-id': name, 'producer-epoch': '0', 'producer-seq': `${seq}` }
    const headers = { 'content-type': 'application/json', ...producer }
    const { status, body } = await way.ask(`${base}/${channel}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(text),
    })
    body.on('error', () => undefined).resume()
    return status < 300
  })
}

export function byClient(name: string, base: string, channel: string): Publisher {
  const client = connect(base)
  onTestFinished(() => client.close())
  return new Publisher(name, channel, (text) => client.publish(channel, text).then(() => true))
}

/** More than what was under way. */
const few = 5
/** On a machine that has much else to do. */
const patienceMs = 60_000

export class FormWorld {
  readonly publishers: readonly Publisher[]
  readonly readers: readonly FormReader[]

  constructor(publishers: readonly Publisher[], readers: readonly FormReader[]) {
    this.publishers = publishers
    this.readers = readers
  }

  /** How much each publisher has published. */
  get marks(): readonly number[] {
    return this.publishers.map(({ acknowledged }) => acknowledged)
  }

  /** Resolves when every reader has got more from every publisher than it had published at the marks. */
  async flows(marks: readonly number[] = this.marks): Promise<void> {
    for (const [index, publisher] of this.publishers.entries()) {
      for (const reader of this.#readersOf(publisher))
        await expect
          .poll(() => reader.of(publisher.name).length, { timeout: patienceMs, message: reader.name })
          .toBeGreaterThan(marks[index]! + few)
    }
  }

  /** Publishers stop; then every reader has got all of it, once and in order, and was told of no gap. */
  async check(): Promise<void> {
    for (const publisher of this.publishers) {
      const all = await publisher.stop()
      for (const reader of this.#readersOf(publisher)) {
        const got = () => reader.of(publisher.name).length
        await expect.poll(got, { timeout: patienceMs, message: reader.name }).toBe(all.length)
        expect(reader.of(publisher.name), reader.name).toEqual(all)
      }
    }
    expect(this.readers.flatMap(({ name, gaps }) => gaps.map((gap) => `${name}: ${gap}`))).toEqual([])
  }

  #readersOf({ channel }: Publisher): readonly FormReader[] {
    return this.readers.filter(({ channels }) => channels.includes(channel))
  }
}
