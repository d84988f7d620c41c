/** The families of metrics: names, labels and buckets. docs/operations.md says what each is for. */
import type * as PromClient from 'prom-client'
import { LabelledHistogram } from './histogram.js'

export type Prometheus = typeof PromClient

const times = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
const lags = [0.01, 0.1, 0.5, 1, 5, 10, 60, 600, 3_600]
const counts = [0, 1, 10, 100, 1_000, 10_000, 100_000]

export type Families = ReturnType<typeof createFamilies>

export function createFamilies({ Counter, Gauge }: Prometheus, registry: PromClient.Registry) {
  const registers = [registry]
  const named = (name: string, help: string, labelNames: readonly string[]) => {
    return { name: `anywire_${name}`, help, labelNames, registers }
  }
  const counter = (name: string, help: string, ...labels: string[]) => new Counter(named(name, help, labels))
  const gauge = (name: string, help: string, ...labels: string[]) => new Gauge(named(name, help, labels))
  /** A gauge that is not added up over processes. */
  const gaugeOf = (aggregator: 'first' | 'min' | 'average', name: string, help: string, ...labels: string[]) =>
    new Gauge({ ...named(name, help, labels), aggregator })
  const histogram = (name: string, help: string, bounds: readonly number[], label: string) => {
    const made = new LabelledHistogram({ name: `anywire_${name}`, help, bounds, label })
    registry.registerMetric(made as unknown as PromClient.Metric)
    return made
  }
  return {
    buildInfo: gaugeOf('first', 'build_info', 'Always 1: the version of Anywire.', 'version'),
    connections: gauge('connections', 'Connections and waiting polls.', 'transport'),
    opened: counter('connections_opened_total', 'Connections and polls that were let in.', 'transport'),
    closed: counter('connections_closed_total', 'Connections and polls that ended.', 'transport', 'code'),
    refused: counter('refusals_total', 'Requests and handshakes that were refused.', 'code'),
    authFailures: counter('auth_failures_total', 'Those of them for lack of a credential or a right.', 'reason'),
    dismissed: counter('dismissals_total', 'Connections that this server ended.', 'reason'),
    present: gauge('presence_members', 'Members present in channels that are read here.'),
    compressed: counter('compress_bytes_total', 'Bytes of slices that were compressed, and after that.', 'side'),
    drain: gaugeOf('average', 'drain_progress', 'From 0 to 1: the share of the clients that was told to leave.'),
    requests: gauge('requests', 'Requests that are being answered and are no connection yet.'),
    subscriptions: gauge('subscriptions', 'Readings of channels.', 'transport', 'rule'),
    behind: gauge('behind_readers', 'Readings that are not at the head, or have no room.'),
    channels: gauge('channels', 'Channels that somebody reads on this node.'),
    windowBytes: gauge('window_bytes', 'Bytes of messages held for live readers.'),
    publishers: gauge('publishers', 'Connections and producers whose publishes are being worked on.'),
    timers: gauge('timers', 'What waits for its time.'),
    publishes: counter('publishes_total', 'Publishes, by what became of them.', 'rule', 'outcome'),
    publishSeconds: histogram('publish_seconds', 'From a publish to its answer.', times, 'rule'),
    deliveries: counter('deliveries_total', 'Messages handed to readers.', 'transport', 'rule'),
    slices: counter('slices_total', 'Writes of messages to readers.', 'transport', 'rule'),
    bytes: counter('delivered_bytes_total', 'Bytes of them, before compression.', 'transport', 'rule'),
    deliverySeconds: histogram(
      'delivery_seconds',
      'From the store to the socket, of 1 slice in 64.',
      times,
      'transport',
    ),
    lagMessages: histogram('lag_messages', 'Messages that readers lag, sampled with each scrape.', counts, 'transport'),
    lagSeconds: histogram('lag_seconds', 'Age of the next message of these readers.', lags, 'transport'),
    gaps: counter('gaps_total', 'Gaps that readers were told of.', 'transport', 'reason'),
    resumes: counter('resumes_total', 'Readings that went on from a position.', 'transport', 'result'),
    storeSeconds: histogram('store_seconds', 'Calls of the store.', times, 'op'),
    storeFailures: counter('store_failures_total', 'Calls of the store that failed or were late.', 'op'),
    storeReads: gauge('store_reads', 'Reads of the store under way or waiting.'),
    storeUp: gaugeOf('min', 'store_up', '1 if the last call of the store was answered.'),
    wakeUpsLost: counter('wakeups_lost_total', 'Wake-ups that were lost, and noticed.'),
  }
}
