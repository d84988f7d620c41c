/** A hub that leaves without haste: it serves until each client's turn to go, and lets nobody new in meanwhile. */
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { everyForm, opened } from '../support/clients/readers.js'
import { post } from '../support/clients/request.js'
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
    expect(await answerOf(agent, url('n'))).toEqual([200, 'keep-alive'])
    const closed = hub.close({ perSecond: null, graceMs: 20_000 })
    await socket.frame('drain')
    expect(await answerOf(agent, url('n'))).toEqual([200, 'close'])
    socket.webSocket.close(1000)
    await closed
  })

  it('lets nobody in while it sends its clients away', async () => {
    const { hub, url, socketUrl } = await serveHub()
    const socket = await session(socketUrl())
    const closed = hub.close({ perSecond: null, graceMs: 20_000 })
    await socket.frame('drain')
    expect((await (await connect(socketUrl('n'))).closed).code).toBe(1012)
    const resumed = await stream(url('n'), { headers: { 'Last-Event-ID': 'x' } })
    await resumed.ended
    expect([resumed.status, resumed.text]).toEqual([200, expect.stringMatching(/^retry: \d+\n\n$/)])
    socket.webSocket.close(1000)
    await closed
  })
})

/** The status of an answer, and what it says of its connection. With a body: of a POST. */
async function answerOf(agent: Agent, url: string, body?: string): Promise<[number, string | undefined]> {
  const headers = body === undefined ? {} : { 'content-type': 'application/json' }
  const asked = request(url, { agent, method: body === undefined ? 'GET' : 'POST', headers }).end(body)
  const [response] = await once(asked, 'response')
  await once(response.resume(), 'end')
  return [response.statusCode, response.headers.connection]
}

describe('a client that polls', () => {
  it('is answered by a hub that leaves, until a turn to go is its own', async () => {
    const { hub, url, socketUrl } = await serveHub()
    const agent = new Agent({ keepAlive: true })
    onTestFinished(() => agent.destroy())
    const poll = () => answerOf(agent, url('n?live=long-poll&offset=now'))
    const first = poll()
    await expect.poll(() => hub.stats().connections).toBe(1)
    const sockets = [await session(socketUrl()), await session(socketUrl())]
    await expect.poll(() => hub.stats().connections).toBe(3)
    // One is told in a minute, the poll before the others.
    const closed = hub.close({ perSecond: 1 / 60, graceMs: 600_000 })
    expect(await first).toEqual([503, 'close'])
    const second = poll()
    await expect.poll(() => hub.stats().connections).toBe(3)
    await post(url('n'), 1)
    expect(await second).toEqual([200, 'keep-alive'])
    const third = poll()
    await expect.poll(() => hub.stats().connections).toBe(3)
    for (const { webSocket } of sockets) webSocket.close(1000)
    await closed
    expect(await third).toEqual([503, 'close'])
  })

  it('is sent elsewhere by the answer of a batch, when its turn has come', async () => {
    const { hub, url, socketUrl } = await serveHub()
    const agent = new Agent({ keepAlive: true })
    onTestFinished(() => agent.destroy())
    const { offset } = await hub.publish('n', 1)
    const body = JSON.stringify({ subscribe: [{ channel: 'n', offset }] })
    const batch = () => answerOf(agent, url(), body)
    const first = batch()
    await expect.poll(() => hub.stats().connections).toBe(1)
    const socket = await session(socketUrl())
    await expect.poll(() => hub.stats().connections).toBe(2)
    const closed = hub.close({ perSecond: 1 / 60, graceMs: 600_000 })
    expect(await first).toEqual([200, 'close'])
    const second = batch()
    await expect.poll(() => hub.stats().connections).toBe(2)
    await post(url('n'), 1)
    expect(await second).toEqual([200, 'keep-alive'])
    socket.webSocket.close(1000)
    await closed
  })
})

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
