/** A hub whose server also serves the page that browsers open, notes other visits, and can cut its connections. */
import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { HubOptions } from '../../../src/index.js'
import { type HubServer, serveHub } from '../hub-server.js'

const page = readFileSync(new URL('./page.html', import.meta.url))

export interface PageServer extends HubServer {
  /** What was asked for besides the channels and the page. */
  readonly visits: string[]
  /** Resolves when the path was asked for. */
  visited(path: string): Promise<void>
  /** Ends every connection as a broken network does. */
  cut(): void
}

/** `/` is the page; `/?cookie=a=b` sets a cookie with it; `/run?…` is a page whose script asks for what stands after the `?`. */
export async function servePages(options: HubOptions = {}): Promise<PageServer> {
  const served = await serveHub(options)
  const visits: string[] = []
  const waiting = new Set<() => void>()
  served.server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { pathname, search, searchParams } = new URL(request.url ?? '', served.origin)
    const cookie = searchParams.get('cookie')
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', ...(cookie && { 'set-cookie': cookie }) })
    if (pathname === '/') response.end(page)
    else if (pathname === '/run') response.end(scriptThatVisits(search.slice(1)))
    else {
      visits.push(pathname)
      response.end()
      for (const look of waiting) look()
    }
  })
  const sockets = new Set<Socket>()
  served.server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  return {
    ...served,
    visits,
    visited: (path) =>
      new Promise((resolve) => {
        const look = () => visits.includes(path) && resolve()
        waiting.add(look)
        look()
      }),
    cut() {
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** A page whose script asks for a URL, in several of the ways in which a script runs. */
export function scriptThatVisits(url: string): string {
  const visit = `new Image().src = '${url}'`
  return `<!doctype html><title>ran</title><script>${visit}</script><img src="data:," onerror="${visit}"><svg onload="${visit}"></svg>`
}
