/** A hub that leaves without haste: it serves until each client's turn to go, and lets nobody new in meanwhile. */
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { everyForm, opened } from '../support/clients/readers.js'
import { ask, post } from '../support/clients/request.js'
import { connect, session } from '../support/clients/socket.js'
import { stream } from '../support/clients/sse.js'
import { serveHub } from '../support/hub-server.js'

describe.each(everyForm)('a hub that sends its clients away one by one, %s', (form) => {
  it('tells each when to come back, as far as the form can', async () => {
    const server = await serveHub()
    const reader = await opened(form, server)
    const closed = server.hub.close({ perSecond: null, graceMs: 20_000 })
    // These are served until they have switched, or have had the time for it.
    if ('frame' in reader) expect(await (reader.frame as (type: string) => unknown)('drain')).toBeDefined()
    const told: Record<string, unknown> = {
      'plain SSE': expect.stringMatching(/retry: \d+\n\n$/),
      'many channels': expect.stringMatching(/retry: \d+\n\n$/),
      'durable SSE': expect.stringMatching(/retry: \d+\n\n$/),
      'anywire.v1 over POST': expect.stringMatching(/data: \{"type":"drain","retryMs":\d+\}\n\n$/),
      'durable long poll': 503,
      'plain poll': 503,
      'a batch': expect.stringMatching(/^200 /),
      'plain WebSocket': 1012,
      'anywire.v1': 1012,
    }
    expect(await reader.ended).toEqual(told[form])
    await closed
    expect(server.hub.stats()).toMatchObject({ connections: 0, subscriptions: 0, drained: 1 })
  })
})

describe('a hub that leaves without haste', () => {
  it('goes on as before for lameMs, but is not ready', async () => {
    const { hub, url, socketUrl } = await serveHub()
    expect(await hub.readiness()).toBe('ready')
    const closed = hub.close({ lameMs: 3_000, graceMs: 0 })
    expect(await hub.readiness()).toBe('draining')
    const socket = await connect(socketUrl('n'))
    expect((await post(url('n'), 1)).status).toBe(204)
    expect(await socket.next()).toBe('1')
    await closed
    expect((await socket.closed).code).toBe(1012)
  })

  it('serves a client of anywire.v1 until it has switched, and ends then', async () => {
    const { hub, url, socketUrl } = await serveHub()
    const socket = await session(socketUrl())
    socket.say({ type: 'subscribe', subscriptions: [{ channel: 'n', offset: 'now' }] })
    await socket.frame('subscribed')
    const closed = hub.close({ perSecond: null, graceMs: 20_000 })
    expect(await socket.frame('drain')).toMatchObject({ retryMs: expect.any(Number) })
    expect((await post(url('n'), 1)).status).toBe(204)
    expect(await socket.frame('messages')).toMatchObject({ channel: 'n' })
    socket.webSocket.close(1000)
    await closed
  })

  it('ends with each answer the connection it came by, so that the next request goes elsewhere', async () => {
    const { hub, url, socketUrl } = await serveHub()
    const socket = await session(socketUrl())
    const agent = new Agent({ keepAlive: true })
    onTestFinished(() => agent.destroy())
    expect(await connectionOf(agent, url('n'))).toBe('keep-alive')
    const closed = hub.close({ perSecond: null, graceMs: 20_000 })
    await socket.frame('drain')
    expect(await connectionOf(agent, url('n'))).toBe('close')
    socket.webSocket.close(1000)
    await closed
  })

  it('lets nobody in while it sends its clients away', async () => {
    const { hub, url, socketUrl } = await serveHub()
    const socket = await session(socketUrl())
    const closed = hub.close({ perSecond: null, graceMs: 20_000 })
    await socket.frame('drain')
    expect(await ask(url('n?live=long-poll&offset=now'))).toMatchObject({ status: 503, code: 'draining' })
    expect((await (await connect(socketUrl('n'))).closed).code).toBe(1012)
    const resumed = await stream(url('n'), { headers: { 'Last-Event-ID': 'x' } })
    await resumed.ended
    expect([resumed.status, resumed.text]).toEqual([200, expect.stringMatching(/^retry: \d+\n\n$/)])
    socket.webSocket.close(1000)
    await closed
  })
})

/** What an answer says of its connection. */
async function connectionOf(agent: Agent, url: string): Promise<string | undefined> {
  const [response] = await once(get(url, { agent }), 'response')
  await once(response.resume(), 'end')
  return response.headers.connection
}

describe('a client that takes nothing', () => {
  it('does not keep a hub from leaving', async () => {
    const { hub, url, socketUrl } = await serveHub()
    const stuck = await connect(socketUrl('n'))
    stuck.webSocket.pause()
    for (let n = 0; n < 20; n++) await post(url('n'), 'x'.repeat(500_000))
    await expect.poll(() => [...hub.inspect().readers()].map(({ behind }) => behind)).toEqual([true])
    await hub.close({ perSecond: null, graceMs: 500 })
    expect(hub.stats().subscriptions).toBe(0)
    stuck.webSocket.terminate()
  })
})

describe('the options of hub.close', () => {
  it.each([{ lameMs: -1 }, { perSecond: 0 }, { perSecnd: 1 }])('are checked: %j', async (options) => {
    const { hub } = await serveHub()
    await expect(hub.close(options as never)).rejects.toMatchObject({ code: 'bad-request' })
  })
})
