/** Live reading through real proxies: how soon an event arrives, and that heartbeats keep what is idle alive. */
import { once } from 'node:events'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Hub, HubOptions } from '../src/index.js'
import { serveHub } from './support/hub-server.js'
import { type ProxyName, startProxy } from './support/proxies.js'
import { ask } from './support/request.js'
import { connect, session } from './support/socket.js'
import { stream } from './support/sse.js'

const upgrade = [
  'proxy_http_version 1.1;',
  'proxy_set_header Upgrade $http_upgrade;',
  'proxy_set_header Connection "upgrade";',
]

/** What makes each proxy end what is idle for 2 s. */
const idle: Readonly<Record<ProxyName, readonly string[]>> = {
  nginx: ['proxy_read_timeout 2s;'],
  haproxy: ['timeout server 2s', 'timeout client 2s'],
  varnish: ['-p', 'between_bytes_timeout=2'],
}

/** A hub, and the URL of its mount path as the proxy serves it. */
async function behind(name: ProxyName, lines: readonly string[] = [], options: HubOptions = {}) {
  const { hub, origin } = await serveHub(options)
  const proxy = await startProxy(name, origin, { lines })
  onTestFinished(() => proxy.stop())
  return { hub, url: `${proxy.url}/channels`, socketUrl: `${proxy.url.replace('http', 'ws')}/channels` }
}

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
  ['nginx', 'nginx', []],
  ['haproxy', 'haproxy', []],
  ['haproxy with http-no-delay', 'haproxy', ['option http-no-delay']],
  ['varnish', 'varnish', []],
] as const)('behind %s', { timeout: 60_000 }, (_what, name, lines) => {
  it.each([
    ['plain SSE', '', 'message'],
    ['durable SSE', '?live=sse&offset=now', 'data'],
  ])('an event of %s arrives within 50 ms', async (_form, query, event) => {
    const { hub, url } = await behind(name, lines)
    const reader = await stream(`${url}/news${query}`)
    await reader.until((text) => text.includes('id: '))
    expect(await medianDelay(hub, () => reader.next(event))).toBeLessThan(50)
  })

  it('a frame that answers a POST arrives within 50 ms', async () => {
    const { hub, url } = await behind(name, lines)
    const headers = { 'content-type': 'application/json' }
    const reader = await stream(url, { method: 'POST', headers, body: '{"subscribe":[{"channel":"news"}]}' })
    await reader.frame('subscribed')
    expect(await medianDelay(hub, () => reader.frame('messages'))).toBeLessThan(50)
  })
})

describe.each(['nginx', 'haproxy', 'varnish'] as const)('behind %s', { timeout: 60_000 }, (name) => {
  it.each(['long-poll', 'poll'])('?live=%s waits, and is answered', async (live) => {
    const { hub, url } = await behind(name)
    const waiting = ask(`${url}/news?live=${live}&offset=now`)
    await vi.waitFor(() => expect(hub.stats().connections).toBe(1))
    await hub.publish('news', 1)
    expect(await waiting).toMatchObject({ status: 200, text: '[1]' })
  })

  it('heartbeats keep an idle event stream alive beyond the limit of the proxy', async () => {
    const { hub, url } = await behind(name, idle[name], { limits: { heartbeatMs: 1_000 } })
    const reader = await stream(`${url}/news`)
    await reader.until((text) => commentsIn(text) >= 6)
    await hub.publish('news', 'still here')
    expect(await reader.next()).toMatchObject({ data: '"still here"' })
  })

  it('without them the proxy ends it', async () => {
    const { url } = await behind(name, idle[name])
    const reader = await stream(`${url}/news`)
    await reader.ended
    expect(commentsIn(reader.text)).toBeLessThan(2)
  })
})

describe.each([
  ['nginx', upgrade],
  ['haproxy', []],
] as const)('a WebSocket behind %s', { timeout: 60_000 }, (name, lines) => {
  it('carries messages within 50 ms, plain and anywire.v1', async () => {
    const { hub, socketUrl } = await behind(name, lines)
    const plain = await connect(`${socketUrl}/news`)
    expect(await medianDelay(hub, () => plain.next())).toBeLessThan(50)
    const frames = await session(`${socketUrl}/news?offset=now`)
    await frames.frame('subscribed')
    expect(await medianDelay(hub, () => frames.frame('messages'))).toBeLessThan(50)
  })

  it('stays alive beyond the limit of the proxy by pings', async () => {
    const { hub, socketUrl } = await behind(name, [...lines, ...idle[name]], { limits: { heartbeatMs: 1_000 } })
    const socket = await connect(`${socketUrl}/news`)
    for (let pings = 0; pings < 6; pings++) await once(socket.webSocket, 'ping')
    await hub.publish('news', 'still here')
    expect(await socket.next()).toBe('"still here"')
  })
})

function commentsIn(text: string): number {
  return text.match(/^:$/gm)?.length ?? 0
}
