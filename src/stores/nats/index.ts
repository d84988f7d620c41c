/** `anywire/store/nats`: any number of nodes on NATS JetStream. */
export { nats } from './nats.js'
export type { NatsOptions } from './options.js'
