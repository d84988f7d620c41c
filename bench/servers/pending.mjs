/**
 * Naive long poll: responses that wait in a set for the next message, which answers them all, with the headers that
 * Anywire sends. It holds one message: a poll that comes late is answered with that; of two between its polls a reader
 * loses the first.
 */
import { createServer } from 'node:http'
import { listen } from './control.mjs'
import { polled } from './headers.mjs'

let waiting = new Set()
/** @type {Buffer<ArrayBufferLike>} */
let newest = Buffer.from('[]')
let number = 0

const server = createServer((request, response) => {
  const { url = '' } = request
  // What a poll begins with: where it stands now.
  if (!url.includes('live=')) return answer(response, Buffer.from('[]'))
  if (Number(/_(\d+)/.exec(url)?.[1]) < number) return answer(response, newest)
  waiting.add(response)
  response.on('close', () => waiting.delete(response))
})

/** @param {import('node:http').ServerResponse} response @param {Buffer} body */
function answer(response, body) {
  response.writeHead(200, polled(body.length, number))
  response.end(body)
}

listen(server, (message, done) => {
  newest = message
  number++
  const answered = waiting
  waiting = new Set()
  for (const response of answered) answer(response, message)
  done()
})
