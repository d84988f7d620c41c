/**
 * Bare `node:http` answering what the part "requests" asks: a body is read and parsed, written to the one WebSocket on
 * that path, and answered always in the same way, with the headers that Anywire sends.
 */
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { listen } from './control.mjs'
import { stream } from './naive.mjs'

const page = Buffer.from(`[${Array.from({ length: 10 }, (_, n) => `{"n":${n}}`)}]`)

const headers = [
  ...['Cache-Control', 'no-store'],
  ...['Stream-Next-Offset', '1796050900185713_0000000000000001'],
  ...['X-Content-Type-Options', 'nosniff'],
  ...['Content-Security-Policy', "sandbox; default-src 'none'"],
  ...['Cross-Origin-Resource-Policy', 'same-origin'],
]
/** @type {Map<string | undefined, import('node:stream').Duplex>} */
const readers = new Map()

const server = createServer((request, response) => {
  if (request.method !== 'POST') {
    if (request.headers.accept === 'text/event-stream') return stream(request, response)
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': page.length })
    return response.end(page)
  }
  /** @type {Buffer[]} */
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => {
    const body = Buffer.concat(chunks)
    JSON.parse(body.toString())
    readers.get(request.url)?.write(Buffer.concat([Buffer.from([0x81, body.length]), body]))
    response.writeHead(204, headers)
    response.end()
  })
})

server.on('upgrade', (request, socket) => {
  const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
  const accept = createHash('sha1').update(key).digest('base64')
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  )
  socket.on('error', () => undefined)
  readers.set(request.url, socket)
})

listen(server, (_message, done) => done())
