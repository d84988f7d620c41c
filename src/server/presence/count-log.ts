/** How many are in a channel, without who: a channel of its own, for those who may not see the roster it follows. */
import { countPrefix } from '../../core/presence/options.js'
import { BytesBody } from '../../core/publish/body.js'
import { toError } from '../../core/publish/outcome.js'
import { timed } from '../../core/wheel.js'
import type { ChannelName } from '../../protocol/name.js'
import { KeyedView } from '../keyed-view.js'
import type { LeasesContext } from './leases.js'
import { countKey, readValue, type Totals } from './member.js'

export interface CountLogOptions {
  readonly context: LeasesContext
  /** The channel whose readers are counted. */
  readonly channel: ChannelName
  /** What the roster says now; undefined while it is not known. */
  readonly totals: () => Totals | undefined
}

/** Counts are written once a second. */
const countMs = 1_000

export class CountLog {
  /** Who reads it on this node: nobody else needs it to be true. */
  watchers = 0
  readonly #options: CountLogOptions
  readonly #name: ChannelName
  readonly #view: KeyedView
  readonly #timer = timed(() => void this.flush())
  #told: Totals | undefined
  #writing: Promise<void> | undefined
  #closed = false

  constructor(options: CountLogOptions) {
    const { context, channel } = options
    this.#options = options
    this.#name = countPrefix + channel
    this.#view = new KeyedView({
      context,
      channel: this.#name,
      events: {
        cleared: () => {
          this.#told = undefined
        },
        changed: (message) => {
          this.#told = readValue(message) as Totals | undefined
        },
        settled: () => this.changed(),
      },
    })
  }

  /** Resolves when it says what the roster says; rejects if the store cannot be asked. */
  async ready(): Promise<void> {
    await this.#view.open()
    await this.flush()
  }

  /** The roster may say something else now. */
  changed(): void {
    if (this.#closed || this.watchers === 0 || this.#timer.tick !== 0 || !this.#wish()) return
    this.#options.context.delivery.wheel.schedule(this.#timer, countMs)
  }

  /** Writes what the roster says, unless it stands there. Throws nothing. */
  flush(): Promise<void> {
    this.#writing ??= this.#write()
      .catch((thrown) => void this.#options.context.report(thrown))
      .finally(() => {
        this.#writing = undefined
        this.changed()
      })
    return this.#writing
  }

  close(): void {
    this.#closed = true
    this.#options.context.delivery.wheel.cancel(this.#timer)
    this.#view.close()
  }

  #wish(): Totals | undefined {
    const totals = this.#options.totals()
    const { members, connections } = this.#told ?? { members: 0, connections: 0 }
    return totals?.members === members && totals.connections === connections ? undefined : totals
  }

  async #write(): Promise<void> {
    const { context } = this.#options
    const wish = this.#wish()
    if (!wish || this.#closed || !this.#view.whole) return
    const data = Buffer.from(JSON.stringify({ mode: 'count', ...wish }))
    // [store seam] `seq` must rise: where another node was first, its count is read, and compared again.
    const outcome = await context.publisher.publish({
      channel: this.#name,
      body: new BytesBody([{ key: countKey, event: 'count', data }], context.limits),
      seq: this.#view.head,
      create: true,
      lane: this,
    })
    if (outcome.kind === 'appended') {
      if (this.#view.passed(outcome.next)) this.#told = wish
      return
    }
    await this.#view.refresh()
    const error = outcome.kind === 'stale-seq' ? undefined : toError(outcome, this.#name)
    if (error) throw error
  }
}
