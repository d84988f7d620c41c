/** When each stream began, and under which name: written down in the stream itself, so that a lost one is noticed. */
import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { AnywireError } from '../../protocol/error.js'
import { birthSubject, homeClass, streamOf } from './classes.js'
import { format } from './frame.js'
import type { JetStream, Published } from './jetstream.js'

/** How often, and how long after each other, a new stream is written to until it listens. */
const maxTries = 40
const pauseMs = 50

export interface BirthRecord {
  readonly format: number
  readonly micros: number
  readonly epoch: string
}

export class Births {
  readonly #jetStream: JetStream
  /** What names of streams and subjects begin with. */
  readonly #start: string

  constructor(jetStream: JetStream, start: string) {
    this.#jetStream = jetStream
    this.#start = start
  }

  /** Of the stream of a class. @throws AnywireError `bad-request` for one of another format; `NoStream` */
  async of(name: string): Promise<BirthRecord | undefined> {
    const stream = streamOf(this.#start, name)
    const found = await this.#jetStream.last(stream, birthSubject(this.#start, name))
    if (!found) return undefined
    const record = JSON.parse(found.data.toString()) as BirthRecord
    if (record.format === format) return record
    const knows = `this Anywire knows format ${format}: update it.`
    throw new AnywireError('bad-request', `The stream "${stream}" has format ${record.format}; ${knows}`)
  }

  /**
   * Writes down the birth of a stream that has none: it is new, or has lost all. One of many who come wins.
   * `homeBirth`: that of a class that is made for the first time; `mint` makes that of another.
   */
  async bear(name: string, homeBirth: () => number, mint: () => number): Promise<BirthRecord> {
    const micros = (await this.isNew(name)) ? homeBirth() : mint()
    const record: BirthRecord = { format, micros, epoch: randomBytes(6).toString('base64url') }
    const answer = await this.#begin(birthSubject(this.#start, name), JSON.stringify(record))
    if (answer.kind === 'stored') return record
    const other = answer.kind === 'conflict' ? await this.of(name) : undefined
    if (other) return other
    throw new Error(`The stream "${streamOf(this.#start, name)}" cannot be used: ${JSON.stringify(answer)}.`)
  }

  /**
   * Whether a class is made for the first time: what was written to names of it may then have been read from the birth
   * of the home on. The home remembers each class that there ever was.
   */
  async isNew(name: string): Promise<boolean> {
    if (name === homeClass) return false
    const answer = await this.#begin(`${birthSubject(this.#start, homeClass)}.${name}`, name)
    return answer.kind === 'stored'
  }

  /** The first message of a subject. A stream that another node has made just now may not listen yet. */
  async #begin(subject: string, text: string): Promise<Published> {
    for (let tries = 1; ; tries++) {
      const answer = await this.#jetStream.publish(subject, Buffer.from(text), 0)
      if (answer.kind !== 'no-stream' || tries === maxTries) return answer
      await wait(pauseMs)
    }
  }
}
