/** Naive long poll: responses that wait in a set for the next message, which answers them all. What comes between two polls is lost. */
import { createServer } from 'node:http'
import { listen } from './control.mjs'

let waiting = new Set()
const server = createServer((request, response) => {
  // What a poll begins with: where it stands now.
  if (!request.url?.includes('live=')) return answer(response, Buffer.from('[]'))
  waiting.add(response)
  response.on('close', () => waiting.delete(response))
})

/** @param {import('node:http').ServerResponse} response @param {Buffer} body */
function answer(response, body) {
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length })
  response.end(body)
}

listen(server, (message, done) => {
  const answered = waiting
  waiting = new Set()
  for (const response of answered) answer(response, message)
  done()
})
