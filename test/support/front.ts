/** A hub with the page at `/` of `anywire serve`, in this process. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { createFront } from '../../src/cli/front/front.js'
import type { ServeConfig } from '../../src/config/schema.js'
import { createHub, type Hub, type HubOptions } from '../../src/index.js'

export async function serveFront(
  options: HubOptions = {},
  config: ServeConfig = {},
): Promise<{ readonly hub: Hub; readonly port: number }> {
  const hub = createHub({ ...options, onError: () => undefined })
  onTestFinished(() => hub.close({ graceMs: 0 }))
  const server = createServer(createFront(hub, () => config)).listen(0, '127.0.0.1')
  hub.attach(server)
  await once(server, 'listening')
  onTestFinished(() => void server.close().closeAllConnections())
  return { hub, port: (server.address() as AddressInfo).port }
}
