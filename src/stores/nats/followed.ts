/** The channels that are followed: what the streams send out again becomes wake-ups. */
import type { Msg, Subscription } from '@nats-io/transport-node'
import type { Wake } from '../../core/store.js'
import { storeDown } from '../../core/store-down.js'
import { AnywireError } from '../../protocol/error.js'
import type { ChannelName } from '../../protocol/name.js'
import { decodeFrame } from './frame.js'
import type { Link } from './link.js'
import { type Streams, tokenOf } from './streams.js'

export class Followed {
  readonly #link: Link
  readonly #streams: Streams
  readonly #subscriptions = new Map<ChannelName, Subscription>()
  /** Why this user may not listen any more. */
  #refusal: Error | undefined
  #listener: ((wake: Wake) => void) | undefined

  constructor(link: Link, streams: Streams) {
    this.#link = link
    this.#streams = streams
  }

  watch(listener: (wake: Wake) => void): void {
    this.#listener = listener
  }

  /** Wake-ups may have been lost. */
  discontinuity(): void {
    this.#listener?.({ kind: 'discontinuity' })
  }

  /**
   * Whether this user may listen at all: the server forbids single subjects.
   * @throws AnywireError `bad-request` if not
   */
  async check(): Promise<void> {
    const subject = this.#streams.wakeSubject('nobody')
    const subscription = this.#subscribe(subject, () => undefined)
    await this.#link.flush()
    if (!this.#refusal) return subscription.unsubscribe()
    const sentence = `The NATS server forbids this user to subscribe to "${subject}", by which nodes are woken`
    const wanted = `${sentence}: allow it "${this.#streams.wakeSubjects}".`
    throw new AnywireError('bad-request', wanted, { cause: this.#refusal })
  }

  /** Resolves when the server knows of it. It lasts through lost connections. */
  async follow(channel: ChannelName): Promise<void> {
    if (!this.#subscriptions.has(channel)) {
      const subject = this.#streams.wakeSubject(tokenOf(channel))
      this.#subscriptions.set(
        channel,
        this.#subscribe(subject, (message) => this.#hear(channel, message)),
      )
    }
    const subscription = this.#subscriptions.get(channel)
    try {
      await this.#link.flush()
      if (subscription?.isClosed()) throw storeDown(this.#refusal)
    } catch (thrown) {
      // It has not begun: whoever asked for it does not end it either.
      if (this.#subscriptions.get(channel) === subscription) this.unfollow(channel)
      throw thrown
    }
  }

  unfollow(channel: ChannelName): void {
    this.#subscriptions.get(channel)?.unsubscribe()
    this.#subscriptions.delete(channel)
  }

  close(): void {
    this.#listener = undefined
    for (const channel of [...this.#subscriptions.keys()]) this.unfollow(channel)
  }

  #subscribe(subject: string, heard: (message: Msg) => void): Subscription {
    return this.#link.subscribe(subject, heard, (error) => {
      this.#refusal = error
    })
  }

  #hear(channel: ChannelName, message: Msg): void {
    const wake = this.#subscriptions.has(channel) && wakeOf(channel, message)
    if (wake) this.#listener?.(wake)
  }
}

/**
 * A copy: what came with it on the wire is not to be kept as long as it is. Undefined: nothing changed for readers.
 * What cannot be read, or does not follow the frame that it was made for, is for the hub to ask about.
 */
function wakeOf(channel: ChannelName, { headers, data }: Msg): Wake | undefined {
  const seq = Number(headers?.get('Nats-Sequence'))
  const before = Number(headers?.get('Nats-Last-Sequence'))
  try {
    const frame = decodeFrame(channel, seq, Buffer.from(data))
    if (frame.kind === 'moved') return undefined
    if (frame.kind !== 'channel' || frame.before !== before) return { kind: 'changed', channel }
    const { messages, end: next, closed } = frame
    return { kind: 'appended', channel, messages, next, closed }
  } catch {
    return { kind: 'changed', channel }
  }
}
