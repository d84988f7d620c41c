/** What is compressed, through real proxies: neither held back nor compressed twice, and never handed to who does not accept it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ask } from '../support/clients/request.js'
import { stream } from '../support/clients/sse.js'
import { serveHub } from '../support/hub-server.js'
import { type ProxyName, startProxy } from '../support/proxies.js'
import { gzip, story } from './story.js'

/** What users set who want to save bytes. */
const compressing = {
  nginx: ['gzip_proxied any; gzip_types text/event-stream application/json; gzip_min_length 1;'],
  haproxy: ['compression algo gzip', 'compression type text/event-stream application/json'],
}

async function behind(name: ProxyName, lines: readonly string[], compress = true) {
  const { hub, origin } = await serveHub({ trustProxy: true, compress, rules: { '*': { cache: 'public' } } })
  const proxy = await startProxy(name, origin, { lines })
  onTestFinished(() => proxy.stop())
  return { hub, url: `${proxy.url}/channels` }
}

describe.each([
  ['nginx', 'nginx', []],
  ['nginx that compresses', 'nginx', compressing.nginx],
  ['haproxy', 'haproxy', []],
  ['haproxy that compresses', 'haproxy', compressing.haproxy],
  ['varnish', 'varnish', []],
  ['caddy', 'caddy', []],
  ['caddy that compresses', 'caddy', ['encode gzip']],
] as const)('behind %s', (_what, name, lines) => {
  it.each([
    ['a client that accepts gzip', gzip.headers],
    ['one that does not', { 'Accept-Encoding': 'identity' }],
  ])('an event stream reaches %s at once', async (_client, headers) => {
    const { hub, url } = await behind(name, lines)
    const reader = await stream(`${url}/news`, { headers })
    await reader.until((text) => text.includes('id: '))
    const medianDelay = async () => {
      const delays: number[] = []
      for (let n = 0; n < 15; n++) {
        const start = performance.now()
        await hub.publishBatch('news', n % 2 === 0 ? story(20) : [{ data: 'small' }])
        await reader.data(n % 2 === 0 ? 20 : 1)
        delays.push(performance.now() - start)
      }
      return delays.sort((a, b) => a - b)[7]
    }
    // A machine that is busy elsewhere has good stretches, a proxy that holds back has none.
    await expect.poll(medianDelay, { timeout: 60_000 }).toBeLessThan(50)
    expect(reader.broken).toBeUndefined()
  })

  it('a page reaches each as it accepts it, whoever asked first', async () => {
    const { hub, url } = await behind(name, lines)
    const { offset } = await hub.publish('news', 0)
    await hub.publishBatch('news', story(200))
    for (const headers of [gzip.headers, {}, gzip.headers, {}]) {
      const page = await ask(`${url}/news?offset=${offset}`, { headers })
      expect(page.json()).toEqual(story(200).map(({ data }) => data))
      if (headers !== gzip.headers) expect(page.headers['content-encoding']).toBeUndefined()
      else expect(page.headers['content-encoding']).toBe('gzip')
    }
  })
})

describe('behind a cache of nginx', () => {
  it('each encoding of a page is kept by itself', async () => {
    const { hub, origin } = await serveHub({ trustProxy: true, compress: true, rules: { '*': { cache: 'public' } } })
    const folder = mkdtempSync(join(tmpdir(), 'anywire-cache-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const cache = `proxy_cache_path ${folder}/pages keys_zone=pages:1m; server { listen unix:${folder}/none; location / {`
    const proxy = await startProxy('nginx', origin, {
      lines: [`proxy_cache pages; add_header X-Cache $upstream_cache_status; } } ${cache}`],
    })
    onTestFinished(() => proxy.stop())
    const { offset } = await hub.publish('news', 0)
    await hub.publishBatch('news', [...story(1_100)])
    const kept: unknown[] = []
    for (const headers of [gzip.headers, {}, gzip.headers, {}]) {
      const page = await ask(`${proxy.url}/channels/news?offset=${offset}`, { headers })
      expect(page.headers['content-encoding']).toBe(headers === gzip.headers ? 'gzip' : undefined)
      expect(page.json<unknown[]>().length).toBeGreaterThan(1_000)
      kept.push(page.headers['x-cache'])
    }
    expect(kept).toEqual(['MISS', 'MISS', 'HIT', 'HIT'])
  })
})
