/** What a client publishes over POST stays with the server that it was given, whoever answers for that. */
import { createServer } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { connect } from '../../src/client/index.js'
import { createHub } from '../../src/index.js'
import { listen } from '../support/hub-server.js'

const bodyOf = async (request: AsyncIterable<Buffer>) => {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part)
  return Buffer.concat(parts).toString()
}

describe.each([301, 302, 307, 308])('a publish that is answered %i', (status) => {
  it('is sent nowhere else, and stored once when the server takes it', async () => {
    const carried: string[] = []
    const elsewhere = createServer(async (request, response) => {
      carried.push(await bodyOf(request))
      response.end()
    })
    const other = await listen(elsewhere)
    const hub = createHub()
    onTestFinished(() => hub.close({ graceMs: 1 }))
    let redirected = 0
    const server = createServer((request, response) => {
      if (redirected < 2 && request.headers.accept === 'application/json') {
        redirected++
        response.writeHead(status, { location: `${other}/channels` }).end()
      } else hub.handle(request, response)
    })
    const client = connect(`${await listen(server)}/channels`, { transports: ['stream'] })
    onTestFinished(() => client.close())
    await client.publish('n', 'secret')
    expect(redirected).toBe(2)
    expect(carried.filter((body) => body.includes('secret'))).toEqual([])
    const page = hub.subscribe('n', { from: 'start' })
    for await (const item of page) {
      expect(item).toMatchObject({ kind: 'message', data: 'secret' })
      break
    }
  })
})
