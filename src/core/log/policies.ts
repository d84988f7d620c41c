/** Policies: channels that exist follow their rule, which may have changed since they were created. */
import type { ChannelName } from '../../protocol/name.js'
import type { ChannelInfo, Known, Policy, Store } from '../store.js'
import { type Timed, timed, type Wheel } from '../wheel.js'

export interface PoliciesOptions {
  readonly store: Pick<Store, 'position' | 'configure'>
  readonly wheel: Wheel
  /** What the rule of a channel says. */
  readonly policyOf: (channel: ChannelName) => Policy
  readonly onError: (thrown: unknown) => void
}

/** Names that are known to be in line, or to have been looked at; beyond that all are looked at anew. */
const remembered = 100_000
/** A channel that was appended to is looked at after so long, so that many are in one call. */
const lookMs = 1_000
/** Channels of one call. */
const atOnce = 1_000

export class Policies {
  readonly #options: PoliciesOptions
  readonly #seen = new Set<ChannelName>()
  #waiting: ChannelName[] = []
  readonly #look: Timed

  constructor(options: PoliciesOptions) {
    this.#options = options
    this.#look = timed(() => void this.#lookAtThem())
  }

  /** A channel was appended to: the first time, it is asked how it is kept. */
  used(channel: ChannelName): void {
    if (this.#seen.has(channel)) return
    this.#remember(channel)
    this.#waiting.push(channel)
    if (this.#look.tick === 0) this.#options.wheel.schedule(this.#look, lookMs)
  }

  /** What the store says of a channel: where it is kept by another policy than its rule's, that is changed. */
  found(channel: ChannelName, info: ChannelInfo): void {
    if (!info.exists || info.policy === undefined) return
    this.#remember(channel)
    const policy = this.#options.policyOf(channel)
    if (isSamePolicy(info.policy, policy)) return
    const { retain, maxKeys } = policy
    this.#options.store
      .configure(channel, { retain, maxKeys })
      .catch((thrown: unknown) => this.#failed(channel, thrown))
  }

  /** Rules have changed: all channels are looked at anew when they are used. */
  forget(): void {
    this.#seen.clear()
  }

  async #lookAtThem(): Promise<void> {
    const waiting = this.#waiting
    this.#waiting = []
    for (let first = 0; first < waiting.length; first += atOnce) {
      const channels = waiting.slice(first, first + atOnce)
      try {
        const known = await this.#options.store.position(channels)
        for (const [index, channel] of channels.entries()) this.#take(channel, known[index])
      } catch (thrown) {
        for (const channel of channels) this.#failed(channel, thrown)
      }
    }
  }

  #take(channel: ChannelName, info: Known | undefined): void {
    if (typeof info === 'object') this.found(channel, info)
    else this.#seen.delete(channel)
  }

  /** The next use tries again. */
  #failed(channel: ChannelName, thrown: unknown): void {
    this.#seen.delete(channel)
    this.#options.onError(thrown)
  }

  #remember(channel: ChannelName): void {
    if (this.#seen.size >= remembered) this.#seen.clear()
    this.#seen.add(channel)
  }
}

export function isSamePolicy(one: Policy, other: Policy): boolean {
  if (one === other) return true
  if (one.maxKeys !== other.maxKeys) return false
  const { retain: a } = one
  const { retain: b } = other
  return a === b || (a.messages === b.messages && a.bytes === b.bytes && a.ageMs === b.ageMs)
}
