/** Naive SSE: `res.write` to each. */
import { createServer } from 'node:http'
import { listen } from './control.mjs'

const responses = new Set()
const server = createServer((_request, response) => {
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
