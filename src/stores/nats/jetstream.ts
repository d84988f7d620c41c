/** What is asked of JetStream, by its own protocol: streams, messages of a subject, compare-and-set. */
import { performance } from 'node:perf_hooks'
import type { Msg } from '@nats-io/transport-node'
import { storeDown } from '../../core/store-down.js'
import { type Link, LinkLost } from './link.js'

/** A message of a stream. */
export interface StoredMessage {
  /** Its number in the stream. */
  readonly seq: number
  readonly data: Buffer
}

/** What became of a compare-and-set; what is thrown instead may have been stored, unless it is `store-down`. */
export type Published =
  | { readonly kind: 'stored'; readonly seq: number }
  /** The subject's last message is another one than was expected. */
  | { readonly kind: 'conflict' }
  | { readonly kind: 'full'; readonly why: string }
  /** There is no such stream. */
  | { readonly kind: 'no-stream' }

export interface StreamConfig {
  readonly name: string
  readonly subjects: readonly string[]
  readonly max_msgs_per_subject: number
  readonly max_bytes: number
  readonly num_replicas: number
  readonly republish: { readonly src: string; readonly dest: string }
  readonly [other: string]: unknown
}

/** The stream is not there (any more). */
export class NoStream extends Error {}

/** An answer that is an error. `code` is the number that JetStream gives it. */
export class JetStreamError extends Error {
  readonly code: number

  constructor({ err_code, description }: ApiError) {
    super(description)
    this.code = err_code
  }
}

interface ApiError {
  readonly err_code: number
  readonly description: string
}

const codes = {
  noStream: 10_059,
  noMessage: 10_037,
  /** With the number in it, and without: newer servers have both. */
  wrongLast: [10_071, 10_164],
  storeFailed: 10_077,
  noResources: [10_023, 10_047],
} as const

/** How long one answer is waited for. */
const answerMs = 2_000
/** How soon a cluster is asked once more. */
const againMs = 200
/** How long a cluster may take to make a consumer: it may give it to a server that is gone. */
const consumerMs = 500
/** For so long none is asked for then. */
const withoutMs = 10_000

export class JetStream {
  readonly link: Link
  readonly #isCluster: boolean
  /** By `performance.now()`. */
  #withoutUntil = 0

  /** `isCluster`: streams stand on several servers, which choose one that leads. */
  constructor(link: Link, isCluster = false) {
    this.link = link
    this.#isCluster = isCluster
  }

  /** The newest message of a subject. @throws NoStream */
  last(stream: string, subject: string): Promise<StoredMessage | undefined> {
    return this.#message(stream, { last_by_subj: subject })
  }

  /** The first message of a subject from a number on. @throws NoStream */
  next(stream: string, subject: string, seq: number): Promise<StoredMessage | undefined> {
    return this.#message(stream, { seq, next_by_subj: subject })
  }

  /** Stores a message if the newest of its subject is still the one expected (0: there is none). */
  publish(subject: string, data: Buffer, expected: number, timeoutMs = answerMs): Promise<Published> {
    const headers = { 'Nats-Expected-Last-Subject-Sequence': String(expected) }
    return this.link.post(subject, data, { headers, timeoutMs }).then(publishedOf)
  }

  /** Stores a message in the place of all others of its subject. */
  async touch(subject: string): Promise<void> {
    const asked = { headers: { 'Nats-Rollup': 'sub' }, timeoutMs: answerMs }
    const answer = await this.#untilAnswered(() => this.link.request(subject, '', asked))
    const { error } = answer.json<{ error?: ApiError }>()
    if (error) throw new JetStreamError(error)
  }

  /** The configuration that a stream really has. @throws NoStream */
  async config(stream: string): Promise<StreamConfig> {
    const { config } = await this.#untilAnswered(() => this.#ask<{ config: StreamConfig }>(`STREAM.INFO.${stream}`))
    return config
  }

  async create(config: StreamConfig): Promise<void> {
    await this.#ask(`STREAM.CREATE.${config.name}`, config)
  }

  /** The names of all streams that have such subjects. */
  async streams(subject: string): Promise<readonly string[]> {
    const names: string[] = []
    for (;;) {
      const page = await this.#ask<{ total: number; streams: string[] | null }>('STREAM.NAMES', {
        subject,
        offset: names.length,
      })
      names.push(...(page.streams ?? []))
      if (!page.streams?.length || names.length >= page.total) return names
    }
  }

  /** Takes away the messages of a subject before a number. */
  async purge(stream: string, subject: string, before: number): Promise<void> {
    await this.#ask(`STREAM.PURGE.${stream}`, { filter: subject, seq: before })
  }

  /** Whether consumers can be had: one server may be gone to which a cluster gives them. */
  get hasConsumers(): boolean {
    return performance.now() > this.#withoutUntil
  }

  /** Up to so many messages of a subject from a number on, and about so many bytes: by a consumer that goes again. */
  async run(stream: string, subject: string, seq: number, most: number, bytes: number): Promise<StoredMessage[]> {
    const config = {
      ack_policy: 'none',
      deliver_policy: 'by_start_sequence',
      opt_start_seq: seq,
      filter_subject: subject,
      inactive_threshold: answerMs * 2 * 1e6,
      mem_storage: true,
      replay_policy: 'instant',
      num_replicas: 1,
    }
    const name = await this.#consumer(stream, config)
    try {
      return await this.#fetch(`${stream}.${name}`, most, bytes)
    } catch (thrown) {
      this.#doWithout()
      throw thrown
    } finally {
      this.link.tell(`$JS.API.CONSUMER.DELETE.${stream}.${name}`)
    }
  }

  async #consumer(stream: string, config: object): Promise<string> {
    const ms = this.#isCluster ? consumerMs : answerMs
    try {
      const asked = { stream_name: stream, config }
      return (await this.#ask<{ name: string }>(`CONSUMER.CREATE.${stream}`, asked, ms)).name
    } catch (thrown) {
      this.#doWithout()
      throw thrown
    }
  }

  /** A consumer was given to a server that does not make it, or sends nothing: each read would wait for it again. */
  #doWithout(): void {
    if (this.#isCluster) this.#withoutUntil = performance.now() + withoutMs
  }

  #fetch(consumer: string, most: number, bytes: number): Promise<StoredMessage[]> {
    return new Promise((resolve, reject) => {
      const found: StoredMessage[] = []
      const asked = JSON.stringify({ batch: most, max_bytes: bytes, no_wait: true })
      const end = () => {
        clearTimeout(timer)
        subscription.unsubscribe()
      }
      const timer = setTimeout(() => {
        end()
        reject(new LinkLost(`JetStream sent no messages within ${answerMs} ms.`))
      }, answerMs)
      const subscription = this.link.ask(`$JS.API.CONSUMER.MSG.NEXT.${consumer}`, asked, (message) => {
        // A status says that there are no more, or that the next one would be too many bytes.
        const stored =
          message.headers?.hasError || !message.reply?.startsWith('$JS.ACK') ? undefined : received(message)
        if (stored) found.push(stored)
        if (stored && found.length < most) return
        end()
        resolve(found)
      })
    })
  }

  async #message(stream: string, asked: object): Promise<StoredMessage | undefined> {
    try {
      const ask = () => this.#ask<{ message: { seq: number; data?: string } }>(`STREAM.MSG.GET.${stream}`, asked)
      const { message } = await this.#untilAnswered(ask)
      return { seq: message.seq, data: Buffer.from(message.data ?? '', 'base64') }
    } catch (thrown) {
      if (thrown instanceof JetStreamError && thrown.code === codes.noMessage) return undefined
      throw thrown
    }
  }

  /**
   * For what may be asked twice. What is asked of a stream while none of its servers leads reaches nobody, and nobody
   * says so: who waits for that answer alone waits on when there is a leader again.
   */
  #untilAnswered<T>(ask: () => Promise<T>): Promise<T> {
    if (!this.#isCluster) return ask()
    return new Promise((resolve, reject) => {
      const end = () => clearInterval(again)
      const asked = async () => {
        resolve(await ask())
        end()
      }
      const again = setInterval(() => asked().catch(() => undefined), againMs)
      asked().catch((thrown) => {
        end()
        reject(thrown)
      })
    })
  }

  async #ask<T>(what: string, asked?: object, timeoutMs = answerMs): Promise<T> {
    const body = asked ? JSON.stringify(asked) : ''
    const message = await this.link.request(`$JS.API.${what}`, body, { timeoutMs })
    const answer = message.json<T & { error?: ApiError }>()
    if (!answer.error) return answer
    if (answer.error.err_code === codes.noStream) throw new NoStream(answer.error.description)
    throw new JetStreamError(answer.error)
  }
}

/** @throws AnywireError `store-down` for a message that JetStream refuses. */
function publishedOf(answer: Msg): Published {
  // No JSON, but a status: nobody listens.
  if (answer.data.length === 0) return { kind: 'no-stream' }
  const { error, seq } = answer.json<{ error?: ApiError; seq: number }>()
  if (!error) return { kind: 'stored', seq }
  const { err_code, description } = error
  if (codes.wrongLast.some((code) => code === err_code)) return { kind: 'conflict' }
  const isFull = err_code === codes.storeFailed && description.includes('maximum')
  if (isFull || codes.noResources.some((code) => code === err_code)) {
    return { kind: 'full', why: `The stream takes no more: ${description}. Delete channels, or raise "maxBytes".` }
  }
  throw storeDown(new JetStreamError(error))
}

/** A copy of a message as a consumer brings it: the subject for its acknowledgement names its number. */
function received({ reply = '', data }: Msg): StoredMessage {
  const words = reply.split('.')
  // Newer servers may name the domain and the account too.
  const seq = Number(words[words.length > 9 ? 7 : 5])
  return { seq, data: Buffer.from(data) }
}
