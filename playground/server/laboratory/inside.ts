/** Where the lines of the laboratory lead: a port of this machine at which the hub answers, and a clock. */
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Hub } from 'anywire'
import { now } from './load.js'

export interface Inside {
  readonly port: Promise<number>
  close(): void
}

export function openInside(hub: Hub): Inside {
  const server = createServer((request, response) => {
    const { url } = inner(request)
    if (url !== '/clock') return hub.handle(request, response)
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(`${now()}`)
  })
  server.on('upgrade', (request, socket, head) => hub.upgrade(inner(request), socket, head))
  const listening = once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    port: listening.then(() => (server.address() as AddressInfo).port),
    close: () => void server.close(),
  }
}

/** `/lab/<lane>/channels/…` is `/channels/…` to the hub. */
function inner(request: IncomingMessage): IncomingMessage {
  return Object.assign(request, { url: request.url?.replace(/^\/lab\/[^/]*/, '') ?? '' })
}
