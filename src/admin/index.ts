/** `anywire/admin`: metrics and health of a hub, for a port of their own. */

export type { Lag } from '../server/inspect.js'
export type { ChannelEntry } from '../server/statistics/channel-list.js'
export type { ConnectionEntry, ReadingEntry } from '../server/statistics/connection-list.js'
export type { NodeEntry, TransportEntry } from '../server/statistics/node-list.js'
export { type AdminOptions, createAdmin } from './admin.js'
export { createMetrics, type Metrics, type OwnMetrics } from './metrics.js'
export { createTracing, linksOf, type TracingOptions } from './tracing.js'
