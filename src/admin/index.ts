/** `anywire/admin`: metrics and health of a hub, for a port of their own. */

export { type AdminOptions, createAdmin } from './admin.js'
export { createMetrics, type Metrics, type OwnMetrics } from './metrics.js'
export { createTracing, linksOf, type TracingOptions } from './tracing.js'
