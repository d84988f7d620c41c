/** Naive long poll: responses that wait in a set for the next message, which answers them all. What comes between two polls is lost. */
import { createServer } from 'node:http'
import { listen } from './control.mjs'

let waiting = new Set()
const server = createServer((_request, response) => {
  waiting.add(response)
  response.on('close', () => waiting.delete(response))
})

listen(server, (message, done) => {
  const answered = waiting
  waiting = new Set()
  for (const response of answered) {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': message.length })
    response.end(message)
  }
  done()
})
