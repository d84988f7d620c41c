/** Bare `node:http` answering what the part "requests" asks: a body is read and parsed, the answer is always the same. */
import { createServer } from 'node:http'
import { listen } from './control.mjs'
import { stream } from './naive.mjs'

const page = Buffer.from(`[${Array.from({ length: 10 }, (_, n) => `{"n":${n}}`)}]`)

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
    JSON.parse(Buffer.concat(chunks).toString())
    response.writeHead(204)
    response.end()
  })
})

listen(server, (_message, done) => done())
