/** Who is who: what one principal has left is never sent as another, and no connection serves two. */
import { describe, expect, it, onTestFinished } from 'vitest'
import { connect, type Transport } from '../../src/client/index.js'
import type { HubOptions } from '../../src/index.js'
import { serveHub } from '../support/hub-server.js'
import { dataOf } from './join.js'

const rules: HubOptions['rules'] = {
  said: {
    receive(message, { principal }) {
      message.data = { from: principal.id, text: message.data }
    },
  },
}
const times = { refusedMs: 50 }

describe.each<Transport>(['websocket', 'stream', 'poll'])('a client by %s', (transport) => {
  it('goes on as the one whom the server takes it for, and sends nothing that another has left', async () => {
    let who = 'ann'
    let refused = ''
    const { hub, url } = await serveHub({
      rules,
      authenticate: (credential) => (credential?.token === refused ? null : { id: credential?.token ?? 'nobody' }),
    })
    const client = connect(url(), { transports: [transport], token: () => who, times })
    onTestFinished(() => client.close())
    const reading = client.subscribe('said', { from: 'start' })
    await client.publish('said', 1)
    refused = 'ann'
    hub.disconnect({})
    await expect.poll(() => client.state.value).not.toBe('open')
    const left = client.publish('said', 'left by ann').then(
      () => 'stored',
      ({ code }) => code,
    )
    who = 'bob'
    expect(await left).toBe('unauthorized')
    await client.publish('said', 2)
    expect(await dataOf(reading, 2)).toEqual([
      { from: 'ann', text: 1 },
      { from: 'bob', text: 2 },
    ])
  })

  it('is served, whole and once, where it is another principal with each request', async () => {
    let count = 0
    const { hub, url } = await serveHub({ authenticate: () => ({ id: `guest ${++count}` }) })
    const client = connect(url(), { transports: [transport], times })
    onTestFinished(() => client.close())
    const reading = client.subscribe('n', { from: 'start' })
    await client.publish('n', 1).catch(() => client.publish('n', 1))
    hub.disconnect({})
    await client.publish('n', 2).catch(() => client.publish('n', 2))
    hub.disconnect({})
    await client.publish('n', 3)
    expect(await dataOf(reading, 3)).toEqual([1, 2, 3])
  })
})
