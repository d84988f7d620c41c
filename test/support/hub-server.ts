/** A hub behind an HTTP server of this process, on a port of its own, for as long as one test runs. */
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { createHub, type Hub, type HubOptions } from '../../src/index.js'
import { createTestServer, scheme } from './transport.js'

export interface HubServer {
  readonly hub: Hub
  readonly server: Server
  readonly port: number
  /** `http://127.0.0.1:<port>` */
  readonly origin: string
  /** The mount path, or what stands below it. */
  url(below?: string): string
  /** The same for a WebSocket. */
  socketUrl(below?: string): string
}

/** A hub attached to a server. */
export async function serveHub(options: HubOptions = {}): Promise<HubServer> {
  const hub = createHub(options)
  const server = createTestServer()
  hub.attach(server)
  onTestFinished(() => hub.close({ graceMs: 1 }))
  const origin = await listen(server)
  const mount = `${origin}${options.path ?? '/channels'}`
  const url = (below = '') => (below === '' || below.startsWith('?') ? mount + below : `${mount}/${below}`)
  const { port } = server.address() as AddressInfo
  return { hub, server, port, origin, url, socketUrl: (below) => url(below).replace('http', 'ws') }
}

/** Listens until the test is over, and answers its origin. */
export async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  onTestFinished(async () => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return `${scheme()}://127.0.0.1:${(server.address() as AddressInfo).port}`
}
