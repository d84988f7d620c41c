/** The arena as this page receives it: snapshots to be played back, how many come, and how long one was away. */
import type { Item } from 'anywire/client'
import type { Snapshot } from '../channels.js'
import { client, complain } from '../shell/client.js'
import { Value } from '../shell/value.js'
import { Playback } from './playback.js'

/** Longer than this without a snapshot is being away; and so long it is told. */
const awayMs = 1500
const toldMs = 12_000
/** Rates are those of the last few seconds. */
const countedSeconds = 4

export interface Away {
  readonly seconds: number
  /** Snapshots that were made meanwhile and never sent. */
  readonly missed: number
}

export interface Rates {
  /** Ticks a second that the server made, and snapshots that came here. */
  readonly made: number
  readonly received: number
}

export class World {
  readonly playback = new Playback()
  readonly rates = new Value<Rates | undefined>(undefined)
  readonly away = new Value<Away | undefined>(undefined)
  newest: Snapshot | undefined
  readonly #onSnapshot: (snapshot: Snapshot) => void
  readonly #end: () => void
  #telling: ReturnType<typeof setTimeout> | undefined
  #arrived = 0
  #received = 0
  /** What was counted each second, oldest first. */
  #counts: { readonly at: number; readonly tick: number; readonly received: number }[] = []

  constructor(onSnapshot: (snapshot: Snapshot) => void) {
    this.#onSnapshot = onSnapshot
    // A line that is slow, or was away, gets the newest: a world that has passed is of no use.
    const subscription = client.subscribe('game/world', { from: 'last-1', slow: 'conflate' }, (item) =>
      this.#take(item),
    )
    subscription.closed.catch(complain)
    const timer = setInterval(() => this.#count(), 1000)
    this.#end = () => {
      clearInterval(timer)
      clearTimeout(this.#telling)
      subscription.close()
    }
  }

  close(): void {
    this.#end()
  }

  #take(item: Item<Snapshot>): void {
    // Gaps are what conflating is; how large they are, the ticks tell.
    if (item.kind !== 'message') return
    const { data } = item
    const now = performance.now()
    if (this.newest && now - this.#arrived > awayMs && data.tick > this.newest.tick) {
      this.#tell({ seconds: (now - this.#arrived) / 1000, missed: data.tick - this.newest.tick - 1 })
    }
    this.#arrived = now
    this.#received++
    this.newest = data
    this.playback.take(data)
    this.#onSnapshot(data)
  }

  #tell(away: Away): void {
    this.away.set(away)
    clearTimeout(this.#telling)
    this.#telling = setTimeout(() => this.away.set(undefined), toldMs)
    this.#counts = []
  }

  /** A server that makes thirty ticks a second makes them whether they come here or not. */
  #count(): void {
    if (!this.newest) return
    const { tick } = this.newest
    const [at, received] = [this.#arrived, this.#received]
    if (tick < (this.#counts.at(-1)?.tick ?? 0)) this.#counts = []
    const before = this.#counts[0]
    this.#counts = [...this.#counts, { at, tick, received }].slice(-countedSeconds)
    if (!before || at === this.#counts.at(-2)?.at) return this.rates.set(undefined)
    const perSecond = (count: number) => (count * 1000) / (at - before.at)
    this.rates.set({ made: perSecond(tick - before.tick), received: perSecond(received - before.received) })
  }
}
