/** Metrics of several processes of one server, added up: a counter never falls, also when a process ends. */
import type { AggregatorRegistry, Registry } from 'prom-client'
import type { Readiness } from '../server/hub.js'
import { loadClient, type Metrics, type Values } from './metrics.js'

/** A process that serves, as it is asked. Rejects where it does not answer in time. */
export interface Member {
  readiness(): Promise<Readiness>
  values(top?: number): Promise<Values>
}

/** The processes that there are now. */
export interface Group {
  members(): Iterable<Member>
  /** One of them has ended. */
  onGone(heard: (member: Member) => void): void
}

/** Counters and histograms are what must not fall. */
const isRising = ({ type }: Values[number]) => ['counter', 'histogram'].includes(String(type))

/** So many of those that are gone are kept apart. */
const mostApart = 8

/** Adds up what members of a group have counted. Those who do not answer are taken as they answered last. */
export class Sum {
  readonly #add: typeof AggregatorRegistry.aggregate
  readonly #group: Group
  /** What each member answered last. */
  readonly #last = new Map<Member, Values>()
  /** What those have counted that are gone. */
  #gone: Values[] = []

  private constructor(add: typeof AggregatorRegistry.aggregate, group: Group) {
    this.#add = add
    this.#group = group
    group.onGone((member) => this.#left(member))
  }

  /** Rejects with an AnywireError `internal` where `prom-client` is not installed. */
  static async of(group: Group): Promise<Sum> {
    const { AggregatorRegistry } = await loadClient()
    return new Sum((...args) => AggregatorRegistry.aggregate(...args), group)
  }

  get metrics(): Omit<Metrics<unknown>, 'meter' | 'registry'> {
    return {
      contentType: 'text/plain; version=0.0.4; charset=utf-8',
      text: async () => (await this.#now()).metrics(),
      channels: async (_group, top) => this.#add(await this.#answers((member) => member.values(top))).metrics(),
    }
  }

  /** The best that one of them says: clients come to whichever takes them. */
  async readiness(): Promise<Readiness> {
    const states = await this.#answers((member) => member.readiness())
    const best = (['ready', 'store-down'] as const).find((state) => states.includes(state))
    return best ?? 'draining'
  }

  async #now(): Promise<Registry> {
    await this.#answers(async (member) => this.#last.set(member, await member.values()))
    const gone = this.#gone
    if (gone.length > mostApart) {
      const joined = await this.#add(gone).getMetricsAsJSON()
      if (this.#gone === gone) this.#gone = [joined]
    }
    return this.#add([...this.#gone, ...this.#last.values()])
  }

  #left(member: Member): void {
    const last = this.#last.get(member)
    this.#last.delete(member)
    if (last) this.#gone = [...this.#gone, last.filter(isRising)]
  }

  async #answers<T>(ask: (member: Member) => Promise<T>): Promise<T[]> {
    const settled = await Promise.allSettled(Array.from(this.#group.members(), ask))
    return settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  }
}
