/** Messages that cannot be handed to an application: those before and behind them arrive, in order, and each of them is told of. */
import { MessageChannel } from 'node:worker_threads'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createCore } from '../../src/client/core.js'
import type { Item } from '../../src/client/item.js'
import { type Transport, transports } from '../../src/client/link.js'
import { Outbox } from '../../src/client/outbox.js'
import { createClient } from '../../src/client/own-client.js'
import type { FromCore, ToCore } from '../../src/client/port.js'
import type { Subscription } from '../../src/client/subscription.js'
import { deliver } from '../../src/client/tabs/deliver.js'
import { openLocal } from '../../src/client/tabs/local.js'
import { serveHub } from '../support/hub-server.js'

const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`
const post = (url: string, body: string) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body }).then(({ status }) => status)

type Crossing = 'in this thread' | 'over a port'

/** Clients of one core, which is in this thread, or told over a port that clones. */
async function world(transport: Transport, crossing: Crossing) {
  const served = await serveHub({ limits: { jsonDepth: 100_000 } })
  const core = createCore({ url: served.url(), transports: [transport] })
  const overPort = (heard: (message: FromCore) => void) => {
    const { port1, port2 } = new MessageChannel()
    onTestFinished(() => port1.close())
    const say = core.attach({ send: (message) => deliver((one) => port1.postMessage(one), message) })
    port1.on('message', say)
    port2.on('message', heard)
    return { send: (message: ToCore) => port2.postMessage(message), close: () => port2.close() }
  }
  const enter = () => {
    const client = createClient({
      token: undefined,
      learnt: () => undefined,
      closed: () => undefined,
      renew: async () => 'same',
      outbox: (send) => new Outbox({ send }),
      openPort: async (heard) => (crossing === 'over a port' ? overPort(heard) : openLocal(core, heard)),
    })
    onTestFinished(() => client.close())
    return client
  }
  return { ...served, enter }
}

async function shown(subscription: Subscription, count: number): Promise<unknown[]> {
  const items: Item[] = []
  for await (const item of subscription) if (items.push(item) === count) break
  return items.map((item) =>
    item.kind === 'message' ? item.data : item.kind === 'problem' ? item.error.code : item.kind,
  )
}

describe.each<Crossing>(['in this thread', 'over a port'])('a client %s', (crossing) => {
  it.each(transports)('loses nothing beside messages that are nested too deeply, by %s', async (transport) => {
    const { url, hub, enter } = await world(transport, crossing)
    const live = enter().subscribe('n', { from: 'start' })
    await live.opened
    await post(url('n'), '"one"')
    expect(await post(url('n'), `["two",${nested(20_000)},"three",${nested(1_500)}]`)).toBe(204)
    await post(url('n'), '"four"')
    const all = ['one', 'two', 'rejected', 'three', 'rejected', 'four']
    expect(await shown(live, 6)).toEqual(all)
    // History, the newest of each key, and a reader that stands behind the others.
    const client = enter()
    const ahead = client.subscribe('n')
    await ahead.opened
    expect(await shown(client.subscribe('n', { from: 'start' }), 6)).toEqual(all)
    await hub.publish('n', 'five')
    expect(await shown(ahead, 1)).toEqual(['five'])
  })
})

describe('a transform', () => {
  const dataUrl = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`

  it.each<[string, Crossing, string]>([
    ['throws', 'in this thread', `if (data === 2) throw new Error('no two')`],
    ['is rejected', 'in this thread', `if (data === 2) return Promise.reject(new Error('no two'))`],
    ['answers what cannot be cloned', 'over a port', 'if (data === 2) return () => 2'],
  ])('that %s for one message is told of there, and goes on', async (_, crossing, code) => {
    const { hub, enter } = await world('websocket', crossing)
    const worker = dataUrl(`export default () => ({ data }) => { ${code}; return data * 10 }`)
    const reading = enter().subscribe('n', { from: 'start', worker })
    await reading.opened
    for (const n of [1, 2, 3]) await hub.publish('n', n)
    expect(await shown(reading, 3)).toEqual([10, 'rejected', 30])
  })
})

describe('publishing', () => {
  it('refuses what is nested too deeply at once, and harms no other publish', async () => {
    const { enter } = await world('websocket', 'over a port')
    const client = enter()
    const rejected = expect.objectContaining({ code: 'bad-request', message: expect.stringContaining('500 levels') })
    await expect(client.publish('n', JSON.parse(nested(2_000)))).rejects.toEqual(rejected)
    expect(await client.publish('n', 1)).toMatchObject({ duplicate: false })
  })
})
