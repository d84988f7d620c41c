/** What the first `fetch` of a program needs in Node 20. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * Makes the first `fetch` of this process. In Node 20 it waits for its parser while its connection is open already; if
 * the connection ends meanwhile, it never settles (20.20.2; not 22 and later). Readers with a deadline do not mind.
 */
export async function makeFirstFetch(): Promise<void> {
  const server = createServer((_, response) => void response.end()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  await response.arrayBuffer()
  server.closeAllConnections()
  server.close()
}
