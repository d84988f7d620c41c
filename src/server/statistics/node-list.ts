/** What this node says of itself in `$stats`, and the sum of what all say. */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import type { Tally } from '../../core/meter.js'
import { viewTransport } from '../keyed-view.js'
import { nodesTransport } from '../nodes/nodes.js'
import { release } from '../release.js'
import type { DelaySummary } from './delays.js'
import { type List, perSecond, type Sources } from './list.js'

export interface TransportEntry {
  readonly connections: number
  readonly messagesPerSecond: number
  readonly bytesPerSecond: number
  /** From the store to the socket, of one slice in 64 in the last minute. Absent: there was none. */
  readonly delay?: DelaySummary | undefined
}

export interface NodeEntry {
  /** `$all` for the sum. */
  readonly node: string
  readonly state: 'ready' | 'draining'
  readonly version: string
  /** When this was read: milliseconds since 1970. */
  readonly at: number
  readonly uptimeMs: number
  readonly nodes: number
  readonly connections: number
  readonly subscriptions: number
  readonly channels: number
  readonly windowBytes: number
  readonly memoryBytes: number
  /** The longest delay of the event loop but for one in a hundred, since the entry before. */
  readonly loopDelayMs: number
  readonly publishesPerSecond: number
  readonly messagesPerSecond: number
  readonly bytesPerSecond: number
  /** Since the node began. */
  readonly gaps: number
  readonly resumes: number
  readonly refusals: number
  readonly storeFailures: number
  readonly storeUp: boolean
  /** From 0 to 1: the share of the clients that was told to leave. */
  readonly drained: number
  readonly transports: Readonly<Record<string, TransportEntry>>
}

const statsMs = 1_000
/** The loop is looked at so often. */
const resolution = 20

export class NodeList implements List {
  readonly periodMs = statsMs
  readonly #node: string
  readonly #sources: Sources
  readonly #loop: IntervalHistogram = monitorEventLoopDelay({ resolution })
  #before: Counted
  #readAt = performance.now()

  constructor(node: string, sources: Sources) {
    this.#node = node
    this.#sources = sources
    this.#before = this.#count()
    this.#loop.enable()
  }

  async read(): Promise<ReadonlyMap<string, NodeEntry>> {
    const now = performance.now()
    const ms = now - this.#readAt
    const before = this.#before
    this.#readAt = now
    this.#before = this.#count()
    return new Map([['', this.#entry(before, this.#before, ms)]])
  }

  close(): void {
    this.#loop.disable()
  }

  #count(): Counted {
    const transports = new Map<string, Tally>()
    for (const [name, counts] of this.#sources.meter.transports) {
      if (name !== viewTransport && name !== nodesTransport) transports.set(name, counts.total)
    }
    return { publishes: this.#sources.publishes(), transports }
  }

  #entry(before: Counted, after: Counted, ms: number): NodeEntry {
    const { connections, counts, meter, drained, leaving } = this.#sources
    const transports = this.#transports(before, after, ms)
    const loopDelayMs = Math.max(0, Math.round(this.#loop.percentile(99) / 1e6 - resolution))
    this.#loop.reset()
    return {
      node: this.#node,
      state: leaving() ? 'draining' : 'ready',
      version: release(),
      at: Date.now(),
      uptimeMs: Math.round(performance.now()),
      nodes: 1,
      connections: connections.size,
      ...counts(),
      memoryBytes: process.memoryUsage.rss(),
      loopDelayMs,
      publishesPerSecond: perSecond(after.publishes - before.publishes, ms),
      messagesPerSecond: sum(Object.values(transports), ({ messagesPerSecond }) => messagesPerSecond),
      bytesPerSecond: sum(Object.values(transports), ({ bytesPerSecond }) => bytesPerSecond),
      gaps: meter.gaps,
      resumes: meter.resumes,
      refusals: meter.refusals,
      storeFailures: meter.storeFailures,
      storeUp: meter.storeUp,
      drained: drained(),
      transports,
    }
  }

  #transports(before: Counted, after: Counted, ms: number): Record<string, TransportEntry> {
    const entries: Record<string, TransportEntry> = {}
    for (const [name, { messages, bytes }] of after.transports) {
      const was = before.transports.get(name)
      const counts = this.#sources.meter.transports.get(name)
      const delay = counts?.delays.summary()
      entries[name] = {
        connections: counts?.connections ?? 0,
        messagesPerSecond: perSecond(messages - (was?.messages ?? 0), ms),
        bytesPerSecond: perSecond(bytes - (was?.bytes ?? 0), ms),
        ...(delay && { delay }),
      }
    }
    return entries
  }
}

interface Counted {
  readonly publishes: number
  readonly transports: ReadonlyMap<string, Tally>
}

function sum<T>(all: readonly T[], number: (one: T) => number): number {
  return Math.round(all.reduce((total, one) => total + number(one), 0) * 10) / 10
}
