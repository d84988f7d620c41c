/**
 * Bare `node:http` answering what the part "requests" asks: a body is read and parsed, written to the one WebSocket or
 * the one long poll on that path, and answered always in the same way, with the headers that Anywire sends.
 */
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { listen } from './control.mjs'
import { paged, polled, posted } from './headers.mjs'
import { stream } from './naive.mjs'

const page = Buffer.from(`[${Array.from({ length: 10 }, (_, n) => `{"n":${n}}`)}]`)

/** @type {Map<string | undefined, import('node:stream').Duplex>} */
const readers = new Map()
/** @type {Map<string | undefined, import('node:http').ServerResponse>} */
const polls = new Map()

/** @param {import('node:http').ServerResponse | undefined} response @param {Buffer} body */
function answerPoll(response, body) {
  response?.writeHead(200, polled(body.length))
  response?.end(body)
}

const server = createServer((request, response) => {
  if (request.method !== 'POST') {
    if (request.headers.accept === 'text/event-stream') return stream(request, response)
    const [path, query] = request.url?.split('?') ?? []
    if (query?.includes('live=')) return polls.set(path, response)
    response.writeHead(200, paged(page.length))
    return response.end(page)
  }
  /** @type {Buffer[]} */
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => {
    const body = Buffer.concat(chunks)
    JSON.parse(body.toString())
    readers.get(request.url)?.write(Buffer.concat([Buffer.from([0x81, body.length]), body]))
    answerPoll(polls.get(request.url), body)
    polls.delete(request.url)
    response.writeHead(204, posted)
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
