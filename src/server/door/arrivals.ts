/** Requests that are being opened and have no connection yet: `hub.disconnect` ends them too. */
import { Chain, type Linked } from '../../core/chain.js'
import type { Principal } from '../../core/rule.js'
import { checkShape } from '../../core/shape.js'
import { AnywireError } from '../../protocol/error.js'
import type { ChannelName } from '../../protocol/name.js'

/** Selects connections: those that match all given fields; `{}` selects all. A given field must not be undefined. */
export interface Selector {
  /** `id` of the principal. */
  readonly principal?: string
  /** Readers of this channel. Connections of many channels lose this one alone. */
  readonly channel?: ChannelName
  /** One alone: its node and its number there as `$connections` tells them, with `/` between. */
  readonly connection?: string
}

const named = ['a string that is not empty', (value: unknown) => typeof value === 'string' && value !== ''] as const

/** A selector with an undefined value would end all connections. @throws AnywireError `bad-request` */
export function checkSelector(selector: Selector): Selector {
  checkShape<Selector>('hub.disconnect', selector, { principal: named, channel: named, connection: named }, 'field')
  for (const [name, value] of Object.entries(selector)) {
    if (value !== undefined) continue
    throw new AnywireError(
      'bad-request',
      `The field "${name}" of hub.disconnect is undefined: give a value, or leave it out to mean everybody.`,
    )
  }
  return selector
}

/** One request, from before authentication until it is answered or has a connection. */
export class Arrival implements Linked<Arrival> {
  older: Arrival | undefined
  newer: Arrival | undefined
  readonly #arrivals: Arrivals
  /** How many selectors there had been when it came. */
  readonly since: number

  constructor(arrivals: Arrivals, since: number) {
    this.#arrivals = arrivals
    this.since = since
  }

  /** Whether the principal, or a reader of one of these channels, has been sent away since it came. */
  isEnded({ id }: Principal, channels: readonly ChannelName[] = []): boolean {
    return this.#arrivals.since(this.since).some(({ principal, channel, connection }) => {
      if (connection !== undefined) return false // it has none yet
      if (principal !== undefined && principal !== id) return false
      return channel === undefined || channels.includes(channel)
    })
  }

  /** @throws AnywireError `unauthorized` if it has been sent away. */
  check(principal: Principal, channels?: readonly ChannelName[]): void {
    if (this.isEnded(principal, channels)) throw sentAway()
  }

  /** It is answered or has a connection: nothing is remembered for it any more. */
  done(): void {
    this.#arrivals.remove(this)
  }
}

export class Arrivals {
  /** In the order in which they came. */
  readonly #open = new Chain<Arrival>()
  /** The selectors since the first of them came. */
  #heard: Selector[] = []
  /** How many selectors there were before those. */
  #forgotten = 0

  get size(): number {
    return this.#open.size
  }

  begin(): Arrival {
    const arrival = new Arrival(this, this.#forgotten + this.#heard.length)
    this.#open.add(arrival)
    return arrival
  }

  /** The request is matched against all selectors from now on. */
  hear(selector: Selector): void {
    if (this.#open.size > 0) this.#heard.push(selector)
  }

  since(count: number): readonly Selector[] {
    return this.#heard.length === 0 ? none : this.#heard.slice(count - this.#forgotten)
  }

  remove(arrival: Arrival): void {
    this.#open.remove(arrival)
    if (this.#heard.length === 0) return
    const { oldest } = this.#open
    const stale = oldest === undefined ? this.#heard.length : oldest.since - this.#forgotten
    if (stale === 0) return
    this.#heard.splice(0, stale)
    this.#forgotten += stale
  }
}

const none: readonly Selector[] = []

export function sentAway(): AnywireError {
  return new AnywireError('unauthorized', 'The server ended this connection; show a credential that still holds.')
}
