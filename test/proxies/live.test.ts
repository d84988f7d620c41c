/** Live reading through real proxies: how soon an event arrives, and that heartbeats keep what is idle alive. */
import { once } from 'node:events'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Hub, HubOptions } from '../../src/index.js'
import { ask } from '../support/clients/request.js'
import { connect, session } from '../support/clients/socket.js'
import { stream } from '../support/clients/sse.js'
import { serveHub } from '../support/hub-server.js'
import { type ProxyName, type RunningProxy, type Sample, startProxy, startSample } from '../support/proxies.js'

const samples: readonly Sample[] = [
  'nginx/nginx.conf',
  'nginx/cached.conf',
  'haproxy/haproxy.cfg',
  'varnish/anywire.vcl',
  'caddy/Caddyfile',
]

const proxies: readonly ProxyName[] = ['nginx', 'haproxy', 'varnish', 'caddy']

/** What makes each proxy end what is idle for 2 s. Caddy ends nothing. */
const idle = {
  nginx: ['proxy_read_timeout 2s;'],
  haproxy: ['timeout server 2s', 'timeout client 2s'],
  varnish: ['-p', 'between_bytes_timeout=2'],
}

/** The idle limits of each sample that a WebSocket meets, and what they become. */
const idleSocket = {
  'nginx/nginx.conf': { 'proxy_read_timeout 75s': 'proxy_read_timeout 2s' },
  'haproxy/haproxy.cfg': { 'timeout tunnel 1h': 'timeout tunnel 2s' },
}

/** A hub, and the URL of its mount path as the proxy serves it. */
async function behind(start: (origin: string) => Promise<RunningProxy>, options: HubOptions = {}) {
  const { hub, origin } = await serveHub({ trustProxy: true, ...options })
  const proxy = await start(origin)
  onTestFinished(() => proxy.stop())
  return { hub, url: `${proxy.url}/channels`, socketUrl: `${proxy.url.replace('http', 'ws')}/channels` }
}

const debian =
  (name: ProxyName, lines: readonly string[] = []) =>
  (origin: string) =>
    startProxy(name, origin, { lines })

const sampled = (sample: Sample, changes?: Readonly<Record<string, string>>) => (origin: string) =>
  startSample(sample, origin, changes)

/**
 * Arrives within 50 ms, as a rule. A machine that is busy elsewhere may take the processor away for a while; a proxy
 * that holds back never has a good stretch.
 */
const expectSoon = (hub: Hub, arrived: () => Promise<unknown>) =>
  expect.poll(() => medianDelay(hub, arrived), { timeout: 60_000 }).toBeLessThan(50)

/** Publishes 20 messages, each when the one before has arrived, and answers the median of their ways in milliseconds. */
async function medianDelay(hub: Hub, arrived: () => Promise<unknown>): Promise<number> {
  const delays: number[] = []
  for (let n = 0; n < 20; n++) {
    const start = performance.now()
    await hub.publish('news', n)
    await arrived()
    delays.push(performance.now() - start)
  }
  return delays.sort((a, b) => a - b)[10]!
}

// HAProxy holds back each write of a chunked answer for 200 ms unless `option http-no-delay` is set; of ours, which end with the connection, none.
describe.each([
  ...proxies.map((name) => [`${name} as it comes`, debian(name)] as const),
  ...samples.map((sample) => [sample, sampled(sample)] as const),
])('behind %s', (_what, start) => {
  it('events of plain SSE, durable SSE and a POST arrive within 50 ms', async () => {
    const { hub, url } = await behind(start)
    const headers = { 'content-type': 'application/json' }
    const plain = await stream(`${url}/news`)
    await plain.until((text) => text.includes('id: '))
    await expectSoon(hub, () => plain.next('message'))
    const durable = await stream(`${url}/news?live=sse&offset=now`)
    await durable.until((text) => text.includes('id: '))
    await expectSoon(hub, () => durable.next('data'))
    const frames = await stream(url, { method: 'POST', headers, body: '{"subscribe":[{"channel":"news"}]}' })
    await frames.frame('subscribed')
    await expectSoon(hub, () => frames.frame('messages'))
  })

  it.each(['long-poll', 'poll'])('?live=%s waits, and is answered', async (live) => {
    const { hub, url } = await behind(start)
    const waiting = ask(`${url}/news?live=${live}&offset=now`)
    await vi.waitFor(() => expect(hub.stats().connections).toBe(1), 30_000)
    await hub.publish('news', 1)
    expect(await waiting).toMatchObject({ status: 200, text: '[1]' })
  })
})

describe('a hub that trusts no proxy and has no `authenticate`', () => {
  it.each([
    ['varnish as it comes', debian('varnish')] as const,
    ['caddy as it comes', debian('caddy')] as const,
    ...samples.map((sample) => [sample, sampled(sample)] as const),
  ])('serves nobody behind %s', async (_what, start) => {
    const { url, socketUrl } = await behind(start, { trustProxy: false })
    const answer = await ask(`${url}/news`)
    expect([answer.status, answer.text]).toEqual([403, expect.stringMatching(/trustProxy/)])
    await expect(connect(`${socketUrl}/news`)).rejects.toThrow(/403/)
  })
})

describe.each(['nginx', 'haproxy', 'varnish'] as const)('behind %s', (name) => {
  it('heartbeats keep an idle event stream alive beyond the limit of the proxy', async () => {
    const { hub, url } = await behind(debian(name, idle[name]), { limits: { heartbeatMs: 500 } })
    const reader = await stream(`${url}/news`)
    await reader.until((text) => commentsIn(text) >= 12)
    await hub.publish('news', 'still here')
    expect(await reader.next()).toMatchObject({ data: '"still here"' })
  })

  it('without them the proxy ends it', async () => {
    const { url } = await behind(debian(name, idle[name]))
    const reader = await stream(`${url}/news`)
    await reader.ended
    expect(commentsIn(reader.text)).toBeLessThan(2)
  })
})

describe.each(samples)('a WebSocket behind %s', (sample) => {
  it('carries messages within 50 ms, plain and anywire.v1', async () => {
    const { hub, socketUrl } = await behind(sampled(sample))
    const plain = await connect(`${socketUrl}/news`)
    await expectSoon(hub, () => plain.next())
    const frames = await session(`${socketUrl}/news?offset=now`)
    await frames.frame('subscribed')
    await expectSoon(hub, () => frames.frame('messages'))
  })
})

it.each(['nginx/nginx.conf', 'haproxy/haproxy.cfg'] as const)(
  'a WebSocket behind %s stays alive beyond the limit of the proxy by pings',
  { timeout: 60_000 },
  async (sample) => {
    const { hub, socketUrl } = await behind(sampled(sample, idleSocket[sample]), { limits: { heartbeatMs: 1_000 } })
    const socket = await connect(`${socketUrl}/news`)
    for (let pings = 0; pings < 6; pings++) await once(socket.webSocket, 'ping')
    await hub.publish('news', 'still here')
    expect(await socket.next()).toBe('"still here"')
  },
)

function commentsIn(text: string): number {
  return text.match(/^:$/gm)?.length ?? 0
}
