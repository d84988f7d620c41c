/** Naive SSE, whatever the server speaks: the same text written to each response. */
import { listen } from './control.mjs'

const responses = new Set()

/** Answers each request with an event stream. */
export function stream(/** @type {unknown} */ _request, /** @type {any} */ response) {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' })
  response.write(': hello\n\n')
  responses.add(response)
  response.on('close', () => responses.delete(response))
}

export function serve(/** @type {import('node:net').Server} */ server) {
  listen(server, (message, done) => {
    const event = `data: ${message}\n\n`
    for (const response of responses) response.write(event)
    done()
  })
}
