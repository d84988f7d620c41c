/** A WebSocket that a stranger accepts while the hub can be had by another transport. */
import { expect, it, onTestFinished } from 'vitest'
import { connect } from '../../src/client/index.js'
import { dataOf } from './join.js'
import { serveStrange, strangeSockets } from './strange-answers.js'

it('who answers pings and does not welcome is not taken for the hub', async () => {
  const server = await serveStrange()
  const times = { headStartMs: 300, proofMs: 1_000, refusedMs: 50 }
  const client = connect(server.url, { transports: ['websocket', 'stream'], times })
  onTestFinished(() => client.close())
  const reading = client.subscribe('n', { from: 'now' })
  await reading.opened
  server.sicken((request, response) => server.hub.handle(request, response), strangeSockets['a pong without a welcome'])
  await client.publish('n', 1)
  expect(await dataOf(reading, 1)).toEqual([1])
  expect(client.stats.value.transport).toBe('stream')
})
