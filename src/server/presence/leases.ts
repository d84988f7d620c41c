/** Which nodes are alive: each renews its key in the log `$nodes`, and is judged by what the store says of when. */
import { randomBytes } from 'node:crypto'
import { nodesChannel } from '../../core/own-channels.js'
import { BytesBody } from '../../core/publish/body.js'
import { toError } from '../../core/publish/outcome.js'
import type { NewMessage } from '../../core/store.js'
import { timed } from '../../core/wheel.js'
import { AnywireError } from '../../protocol/error.js'
import type { Message } from '../../protocol/message.js'
import type { Offset } from '../../protocol/offset.js'
import type { Context } from '../context.js'
import { KeyedView } from '../keyed-view.js'

export type LeasesContext = Pick<Context, 'delivery' | 'limits' | 'report' | 'publisher'>

/** The key of what nodes share as a secret. No node has such a name. */
const secretKey = '$secret'
/** A node that died is forgotten after so many leases. */
const forgetLeases = 50

export class Leases {
  /** Of this hub, new with each start. */
  readonly id = randomBytes(6).toString('base64url')
  /** How many were found dead so far. */
  deaths = 0
  readonly #context: LeasesContext
  readonly #view: KeyedView
  /** When each node renewed its lease last: microseconds by the store. */
  readonly #renewals = new Map<string, number>()
  /** When that was heard (by `performance.now()`), unless it was read of later. */
  readonly #heardAt = new Map<string, number>()
  readonly #dead = new Set<string>()
  readonly #clock = new StoreClock()
  #secret: string | undefined
  /** When this node's own renewal was acknowledged last. */
  #renewedAt = Number.NEGATIVE_INFINITY
  /** Nobody is judged before: this node was cut off from the store, and perhaps all others were. */
  #fairAt = Number.NEGATIVE_INFINITY
  #started: Promise<void> | undefined
  readonly #renewal = timed(() => void this.#renewOn())

  constructor(context: LeasesContext) {
    this.#context = context
    this.#view = new KeyedView({
      context,
      channel: nodesChannel,
      events: {
        cleared: () => this.#renewals.clear(),
        changed: (message) => this.#heard(message),
        settled: () => undefined,
      },
    })
  }

  /** Resolves when this node is known to the others, and the others to it. */
  start(): Promise<void> {
    this.#started ??= this.#start().catch((thrown) => {
      this.#started = undefined
      throw thrown
    })
    return this.#started
  }

  /**
   * What only the nodes of this store know: made by the first that asks. Of two that were made at once the later one
   * holds. Rejects if the store cannot be asked.
   */
  async secret(): Promise<string> {
    await this.start()
    if (this.#secret === undefined) {
      await this.#append([{ key: secretKey, data: Buffer.from(JSON.stringify(randomBytes(32).toString('base64url'))) }])
      await this.#view.refresh()
    }
    if (this.#secret !== undefined) return this.#secret
    const sentence = `The nodes have no secret at the moment: "${nodesChannel}" is being read again.`
    throw new AnywireError('unavailable', sentence, { details: { retryMs: 1_000 } })
  }

  /** Milliseconds since 1970 by the store's clock; by this machine's as long as the store's is not known. */
  now(): number {
    return Math.round(this.#clock.now())
  }

  /** Whether a node was found dead by `judge`, and nothing has come of it since. */
  isDead(node: string): boolean {
    return this.#dead.has(node)
  }

  /** Whether a node seems dead. */
  isSilent(node: string): boolean {
    const { nodeLeaseMs } = this.#context.limits
    const now = performance.now()
    if (node === this.id || now < this.#fairAt || now - this.#renewedAt > nodeLeaseMs / 2) return false
    return this.#dead.has(node) || this.now() - (this.#renewals.get(node) ?? 0) / 1_000 > nodeLeaseMs
  }

  /** Whether a node has renewed its lease since then (by `performance.now()`): it lived then. */
  isHeardSince(node: string, at: number): boolean {
    return node === this.id || (this.#heardAt.get(node) ?? Number.NEGATIVE_INFINITY) > at
  }

  /** Finds those dead that seem so, if the store says the same now: a node that has just begun may not be known here. */
  async judge(nodes: readonly string[]): Promise<void> {
    await this.#view.refresh()
    for (const node of nodes) {
      if (this.#dead.has(node) || !this.isSilent(node)) continue
      this.#dead.add(node)
      this.deaths++
    }
  }

  close(): void {
    this.#context.delivery.wheel.cancel(this.#renewal)
    this.#view.close()
  }

  async #start(): Promise<void> {
    await this.#renew()
    this.#context.delivery.wheel.schedule(this.#renewal, this.#periodMs)
    await this.#view.open()
    await this.#view.refresh()
  }

  get #periodMs(): number {
    return this.#context.limits.nodeLeaseMs / 3
  }

  async #renewOn(): Promise<void> {
    this.#context.delivery.wheel.schedule(this.#renewal, this.#periodMs)
    try {
      await this.#renew()
    } catch (thrown) {
      this.#context.report(thrown)
    }
  }

  /** @throws AnywireError if the lease could not be renewed. */
  async #renew(): Promise<void> {
    const { limits } = this.#context
    await this.#append([{ key: this.id, data: Buffer.from('{}') }, ...this.#forgotten()])
    const now = performance.now()
    const late = now - this.#renewedAt > limits.nodeLeaseMs / 2
    if (late && this.#renewedAt > 0) this.#fairAt = now + limits.nodeLeaseMs
    this.#renewedAt = now
  }

  /** @throws AnywireError if the store does not take them. */
  async #append(messages: readonly NewMessage[]): Promise<void> {
    const { publisher, limits } = this.#context
    const body = new BytesBody(messages, limits)
    const outcome = await publisher.publish({ channel: nodesChannel, body, create: true, lane: this })
    const error = toError(outcome, nodesChannel)
    if (error) throw error
  }

  /** Takes away nodes that died long ago. */
  #forgotten(): { key: string; data: undefined }[] {
    const before = (this.now() - this.#context.limits.nodeLeaseMs * forgetLeases) * 1_000
    const old = [...this.#renewals].filter(([, renewed]) => renewed < before)
    return old.slice(0, 100).map(([key]) => ({ key, data: undefined }))
  }

  #heard({ key, data, offset }: Message): void {
    if (key === undefined) return
    if (key === secretKey) {
      this.#secret = data && JSON.parse(Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString())
      return
    }
    if (data === undefined) {
      this.#renewals.delete(key)
      this.#heardAt.delete(key)
      return
    }
    const micros = microsOf(offset)
    this.#renewals.set(key, micros)
    if (this.#view.loaded) this.#heardAt.set(key, performance.now())
    this.#dead.delete(key)
    this.#clock.heard(micros / 1_000)
  }
}

/** Samples of the store's clock after which older ones are forgotten: clocks drift apart. */
const samples = 100

/** The store's clock, as its offsets tell it: they come late, and never early. */
class StoreClock {
  #ahead = Number.NEGATIVE_INFINITY
  #aheadBefore = Number.NEGATIVE_INFINITY
  #heard = 0

  now(): number {
    const ahead = Math.max(this.#ahead, this.#aheadBefore)
    return ahead === Number.NEGATIVE_INFINITY ? Date.now() : performance.now() + ahead
  }

  /** It was `ms` a moment ago. */
  heard(ms: number): void {
    if (this.#heard++ % samples === 0) {
      this.#aheadBefore = this.#ahead
      this.#ahead = Number.NEGATIVE_INFINITY
    }
    this.#ahead = Math.max(this.#ahead, ms - performance.now())
  }
}

/** [protocol 2] An offset begins with the microsecond at which its message was appended. */
function microsOf(offset: Offset): number {
  return Number(offset.slice(0, 16))
}
