/** How the store comes to its connection: its own, or the one it is given. */
import type { ConnectionOptions, NatsConnection } from '@nats-io/transport-node'
import { AnywireError } from '../../protocol/error.js'
import type { NatsOptions } from './options.js'

/** What is used of the package. */
export type NatsPackage = Pick<typeof import('@nats-io/transport-node'), 'connect' | 'headers'>

/** @throws AnywireError `internal` where the package is not installed. */
export async function loadNats(): Promise<NatsPackage> {
  try {
    return await import('@nats-io/transport-node')
  } catch (cause) {
    const sentence = 'The NATS store needs the package "@nats-io/transport-node": npm install @nats-io/transport-node'
    throw new AnywireError('internal', sentence, { cause })
  }
}

/**
 * A server that is silent for so long is taken for gone, twice this at most: a frozen one must not hold up for minutes.
 */
const pingMs = 1_000

/** @throws AnywireError `bad-request` where no server can be reached, or it refuses. */
export async function connectionOf({ connect }: NatsPackage, options: NatsOptions): Promise<NatsConnection> {
  if (options.connection) return options.connection
  const { servers = 'nats://127.0.0.1:4222' } = options
  const list = [servers].flat() as string[]
  const told: ConnectionOptions = {
    name: 'anywire',
    maxReconnectAttempts: -1,
    reconnectTimeWait: 100,
    reconnectJitter: 50,
    reconnectJitterTLS: 50,
    timeout: 2_000,
    pingInterval: pingMs,
    maxPingOut: 2,
    ...credentialsOf(list),
    ...options.connect,
    servers: list.map(addressOf),
  }
  try {
    return await connect(told)
  } catch (cause) {
    const where = list.map(addressOf).join(', ')
    const sentence = `The NATS servers ${where} cannot be used: ${cause instanceof Error ? cause.message : cause}.`
    throw new AnywireError('bad-request', sentence, { cause })
  }
}

/** Host and port, without what is secret. */
function addressOf(server: string): string {
  return server.replace(/^(\w+:\/\/)?([^@/]*@)?/, '$1').replace(/\/$/, '')
}

/** User and password, or the token, that the first of the addresses names. */
function credentialsOf(servers: readonly string[]): ConnectionOptions {
  for (const server of servers) {
    const [, user, password] = /^\w+:\/\/([^@:/]*)(?::([^@/]*))?@/.exec(server) ?? []
    if (user === undefined) continue
    if (password === undefined) return { token: decodeURIComponent(user) }
    return { user: decodeURIComponent(user), pass: decodeURIComponent(password) }
  }
  return {}
}
