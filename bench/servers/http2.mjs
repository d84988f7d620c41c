/** Naive SSE over HTTP/2 and TLS: `response.write` to each. */
import { createSecureServer } from 'node:http2'
import { makeAuthority, signLocalhost } from '../../dist/server/certificate.js'
import { listen } from './control.mjs'

const responses = new Set()
const certificate = await signLocalhost(await makeAuthority())
const settings = { maxConcurrentStreams: 1_000 }
const server = createSecureServer({ ...certificate, settings, allowHTTP1: true }, (_request, response) => {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' })
  response.write(': hello\n\n')
  responses.add(response)
  response.on('close', () => responses.delete(response))
})

listen(server, (message, done) => {
  const event = `data: ${message}\n\n`
  for (const response of responses) response.write(event)
  done()
})
