/** Serves the built pages, compressed, under a policy that lets nothing in from elsewhere. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { extname } from 'node:path'
import { gzipSync } from 'node:zlib'
import { pageOf } from './places.js'

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

const headers = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "worker-src 'self'",
    "style-src 'self'",
    // Pictures on the whiteboard are part of its document.
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

export type Serve = (request: IncomingMessage, response: ServerResponse, more: OutgoingHttpHeaders) => void

/** Paths without an extension are the page's own affair: it is served for all of them, with 404 where it has no such page. */
export function files(folder: URL, pages: ReadonlySet<string>): Serve {
  if (!existsSync(folder)) throw new Error('The playground is not built: run it with "npm start".')
  const names = new Set(
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => types[extname(name)]),
  )
  const compressed = new Map<string, Buffer>()
  const gzipped = (name: string, bytes: Buffer) => {
    const made = compressed.get(name) ?? gzipSync(bytes, { level: 9 })
    compressed.set(name, made)
    return made
  }

  return (request, response, more) => {
    const pathname = /^\/[^?#]*/.exec(request.url ?? '')?.[0]
    if (pathname === undefined) {
      response.writeHead(400, { ...headers, 'content-type': 'text/plain' }).end('A path begins with "/".\n')
      return
    }
    if (pathname === '/index.html') {
      response.writeHead(308, { ...headers, location: '/' }).end()
      return
    }
    const isPage = extname(pathname) === ''
    const name = isPage ? 'index.html' : pathname.slice(1)
    if (!names.has(name)) {
      response.writeHead(404, { ...headers, 'content-type': 'text/plain' }).end('There is no such file.\n')
      return
    }
    const status = isPage && !pages.has(pageOf(pathname) ?? 'nowhere') ? 404 : 200
    const zipped = /\bgzip\b/.test(String(request.headers['accept-encoding']))
    const bytes = readFileSync(new URL(name, folder))
    const body = zipped ? gzipped(name, bytes) : bytes
    response.writeHead(status, {
      ...headers,
      ...(isPage && more),
      'content-type': types[extname(name)],
      ...(zipped && { 'content-encoding': 'gzip' }),
      vary: 'accept-encoding',
      'content-length': body.length,
      // What is named by its content stays as it is.
      'cache-control': name.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    })
    response.end(request.method === 'HEAD' ? undefined : body)
  }
}
