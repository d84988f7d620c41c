/** Metrics of a hub in the text format of Prometheus, by the package `prom-client`. */
import type { Registry } from 'prom-client'
import type { Meter } from '../core/meter.js'
import { AnywireError } from '../protocol/error.js'
import { numberOf } from '../protocol/offset.js'
import type { Hub } from '../server/hub.js'
import { release } from '../server/release.js'
import { createFamilies, type Families, type Prometheus } from './families.js'
import { PrometheusMeter } from './prometheus-meter.js'
import { sampleReaders, topChannels } from './walk.js'

/** `H`: what is asked; for one process its hub. */
export interface Metrics<H = Hub> {
  /** What the hub is created with: `createHub({ meter: metrics.meter })`. */
  readonly meter: Meter
  /** Of the text. */
  readonly contentType: string
  /** For families of your own. */
  readonly registry: Registry
  /** All families. */
  text(hub: H): Promise<string>
  /** The channels with the most readers on this node, `top` of them, each with its name as a label. */
  channels(hub: H, top: number): Promise<string>
}

/** Metrics of one process, which may be added to those of others. */
export interface OwnMetrics extends Metrics {
  /** The same as `text` and, with `top`, as `channels`: as `prom-client` adds them up. */
  values(hub: Hub, top?: number): Promise<Values>
}

/** Families of `prom-client`, as JSON. */
export type Values = Awaited<ReturnType<Registry['getMetricsAsJSON']>>

/** Gauges of `prom-client` that are called as counters are: their families have the same by type. */
const misnamed = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total']

/** Rejects with an AnywireError `internal` where `prom-client` is not installed. */
export async function createMetrics(): Promise<OwnMetrics> {
  const client = await loadClient()
  const registry = new client.Registry()
  const families = createFamilies(client, registry)
  client.collectDefaultMetrics({ register: registry })
  for (const name of misnamed) registry.removeSingleMetric(name)
  families.buildInfo.set({ version: release() }, 1)
  const meter = new PrometheusMeter(families)
  return {
    meter,
    registry,
    contentType: registry.contentType,
    async text(hub) {
      await look(hub)
      return registry.metrics()
    },
    async channels(hub, top) {
      return (await channelsOf(client, hub, top)).metrics()
    },
    async values(hub, top) {
      if (top !== undefined) return (await channelsOf(client, hub, top)).getMetricsAsJSON()
      await look(hub)
      return registry.getMetricsAsJSON()
    },
  }

  async function look(hub: Hub): Promise<void> {
    meter.takeOver()
    await lookAt(hub, families)
  }
}

export async function loadClient(): Promise<Prometheus> {
  try {
    return await import('prom-client')
  } catch (cause) {
    throw new AnywireError('internal', 'Metrics need the package "prom-client": npm install prom-client', { cause })
  }
}

async function lookAt(hub: Hub, families: Families): Promise<void> {
  const { drained, requests, channels, windowBytes, publishers, timers, reads, subscriptions, ...others } = hub.stats()
  families.present.set(others.present)
  families.compressed.reset()
  families.compressed.inc({ side: 'before' }, others.compressibleBytes)
  families.compressed.inc({ side: 'after' }, others.compressedBytes)
  families.drain.set(drained)
  families.requests.set(requests)
  families.channels.set(channels)
  families.windowBytes.set(windowBytes)
  families.publishers.set(publishers)
  families.timers.set(timers)
  families.storeReads.set(reads)
  const behind = await sampleReaders(hub.inspect().readers(), subscriptions, ({ transport, lag }) => {
    const { messages, ms } = lag()
    families.lagMessages.of(transport).observe(messages)
    families.lagSeconds.of(transport).observe(ms / 1_000)
  })
  families.behind.set(behind)
}

async function channelsOf({ Registry, Gauge, Counter }: Prometheus, hub: Hub, top: number): Promise<Registry> {
  const registry = new Registry()
  const named = (name: string, help: string) => {
    return { name: `anywire_channel_${name}`, help, labelNames: ['channel'], registers: [registry] }
  }
  const readers = new Gauge(named('readers', 'Readers on this node.'))
  const stored = named('messages_total', 'Messages that were ever stored in it.')
  // Each process knows all of them.
  const messages = new Counter({ ...stored, aggregator: 'max' as const })
  const bytes = new Gauge(named('window_bytes', 'Bytes of its messages held for live readers.'))
  for (const { name: channel, head, ...facts } of await topChannels(hub.inspect().channels(), top)) {
    readers.set({ channel }, facts.readers)
    bytes.set({ channel }, facts.windowBytes)
    if (head !== '') messages.inc({ channel }, numberOf(head))
  }
  return registry
}
