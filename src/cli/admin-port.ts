/** `--admin`: the internal port of a hub. */
import { createServer } from 'node:http'
import type { Asked } from '../admin/admin.js'
import { dashboardPath } from '../admin/dashboard.js'
import { type AdminOptions, createAdmin } from '../admin/index.js'
import type { ServeConfig } from '../config/schema.js'
import { keepAliveMs } from './listener.js'
import { type Address, addressOf, listen } from './listening.js'

export interface AdminPort {
  /** As `127.0.0.1:9090`. */
  readonly address: string
  /** Ends all its connections. */
  close(): void
}

/** What the user is told of it. */
export const internalLine = ({ address }: AdminPort) => `metrics and health on http://${address}`

/** The same of the page: not where several processes share the port. */
export const dashboardLine = ({ address }: AdminPort) => `dashboard at http://${address}${dashboardPath}`

/** `[::1]:9090` is port 9090 of ::1. */
export function adminAddress(address: string): Address {
  const [, host = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(address) ?? []
  return { host, port: Number(port) }
}

/** Undefined where the configuration has none. Rejects with an AnywireError `conflict` if it cannot listen there. */
export async function openAdminPort<H extends Asked>(
  { admin, adminToken: token, adminHosts: hosts }: ServeConfig,
  hub: H,
  metrics: AdminOptions<H>['metrics'],
): Promise<AdminPort | undefined> {
  if (admin === undefined) return undefined
  const server = createServer(
    { headersTimeout: 10_000, requestTimeout: 10_000, keepAliveTimeout: keepAliveMs },
    createAdmin(hub, { metrics, token, hosts }),
  )
  await listen(server, adminAddress(admin), '--admin')
  return {
    address: addressOf(server),
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
