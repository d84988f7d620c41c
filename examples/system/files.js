/** Serves the files of one folder, and nothing else. */
import { createReadStream, readdirSync } from 'node:fs'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** @type {Record<string, string>} */
const types = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

const headers = {
  'cache-control': 'no-cache',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

/**
 * @param {URL} folder
 * @returns {import('node:http').RequestListener}
 */
export function files(folder) {
  const names = new Set(
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => types[extname(name)]),
  )
  return (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    const name = pathname === '/' ? 'index.html' : pathname.slice(1)
    if (!names.has(name)) {
      response.writeHead(404, { ...headers, 'content-type': 'text/plain' }).end('There is no such page.\n')
      return
    }
    response.writeHead(200, { ...headers, 'content-type': types[extname(name)] })
    if (request.method === 'HEAD') response.end()
    else createReadStream(fileURLToPath(new URL(name, folder))).pipe(response)
  }
}
