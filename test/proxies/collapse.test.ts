/** What readers behind a cache cost the hub: one request for a message, however many wait for it; and what is never shared. */
import { createServer } from 'node:http'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createHub, type HubOptions } from '../../src/index.js'
import { Pollers } from '../support/clients/pollers.js'
import { ask } from '../support/clients/request.js'
import { listen } from '../support/hub-server.js'
import { type Sample, startSample } from '../support/proxies.js'

const caches: readonly Sample[] = ['nginx/cached.conf', 'varnish/anywire.vcl']
const readers = 1_000

/** A hub behind a cache, and the requests that reach it. */
async function behind(sample: Sample, options: HubOptions = {}) {
  const hub = createHub({ trustProxy: true, rules: { 'public/*': { cache: 'public' } }, ...options })
  onTestFinished(() => hub.close({ graceMs: 1 }))
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(request.url ?? '')
    hub.handle(request, response)
  })
  const proxy = await startSample(sample, await listen(server))
  onTestFinished(() => proxy.stop())
  return { hub, requests, url: `${proxy.url}/channels/public` }
}

describe.each(caches)('1,000 long polls behind %s', (sample) => {
  it('cost the hub one request per message, whenever they came and after silence too', async () => {
    const { hub, requests, url } = await behind(sample, { limits: { pollMs: 5_000 } })
    const { offset } = await hub.publish('public/news', 0)
    const pollers = new Pollers(`${url}/news`)
    const waiting = (count: number) => vi.waitFor(() => expect(requests.length).toBe(count), { timeout: 30_000 })

    pollers.join(readers / 2, offset)
    await waiting(1)
    const { offset: second } = await hub.publish('public/news', 1)
    await pollers.until(({ body }) => body === '[1]')
    // The other half comes later, from a page of the log and so without a cursor: the last time that there are two URLs.
    pollers.join(readers / 2, second)
    await waiting(3)
    for (const n of [2, 3, 4]) {
      await hub.publish('public/news', n)
      await pollers.until(({ body }) => body === `[${n}]`)
      await waiting(n + 2)
    }

    // Silence: everybody is told so by one answer, and asks on together.
    await pollers.until(({ status }) => status === 204)
    await hub.publish('public/news', 5)
    await pollers.until(({ body }) => body === '[5]')
    expect(requests.length).toBeLessThanOrEqual(6 + 4)
    const lasts = pollers.all.map(({ got }) => got.flatMap(({ body }) => body || []).slice(-4))
    expect(new Set(lasts.map(String))).toEqual(new Set(['[2],[3],[4],[5]']))
  })
})

describe.each(caches)('behind %s', (sample) => {
  it('a page below the head costs one request, whoever asks for it together', async () => {
    const { hub, requests, url } = await behind(sample)
    const { offset } = await hub.publish('public/log', 0)
    await hub.publishBatch(
      'public/log',
      Array.from({ length: 2_000 }, (_, data) => ({ data })),
    )
    const pages = await Promise.all(Array.from({ length: 200 }, () => ask(`${url}/log?offset=${offset}`)))
    expect(new Set(pages.map(({ text }) => text)).size).toBe(1)
    expect(pages[0]!.json<number[]>()).toHaveLength(1_023)
    expect(requests).toHaveLength(1)
  })

  it('nothing that a credential opened is shared, with nobody else and not with itself', async () => {
    const { hub, requests, url } = await behind(sample, {
      rules: { 'public/*': { cache: 'public', subscribe: ({ principal }) => principal.id === 'alice' } },
      cookie: 'session',
      authenticate: (credential) => ({ id: credential?.token ?? 'nobody' }),
    })
    const { offset } = await hub.publish('public/alice', 1)
    const { offset: next } = await hub.publish('public/alice', 2)
    const credentials: Readonly<Record<string, Record<string, string>>> = {
      alice: { Cookie: 'session=alice' },
      'alice elsewhere': { Authorization: 'Bearer alice' },
      bob: { Authorization: 'Bearer bob' },
      carol: { Cookie: 'session=carol' },
      nobody: {},
    }
    const as = (who: string, query: string) => ask(`${url}/alice?${query}`, { headers: credentials[who]! })
    for (const query of [`offset=${offset}`, `live=long-poll&offset=${offset}`]) {
      const answers = []
      for (const who of ['alice', 'bob', 'carol', 'nobody', 'alice elsewhere'])
        answers.push((await as(who, query)).status)
      expect(answers).toEqual([200, 403, 403, 403, 200])
    }
    expect(requests).toHaveLength(10)
    const waiting = ['alice', 'alice', 'alice elsewhere'].map((who) => as(who, `live=long-poll&offset=${next}`))
    await vi.waitFor(() => expect(requests).toHaveLength(13), 30_000)
    await hub.publish('public/alice', 3)
    expect((await Promise.all(waiting)).map(({ text }) => text)).toEqual(['[3]', '[3]', '[3]'])
  })

  it('what cannot be shared waits for nobody: plain polls, polls for now, event streams, and private channels', async () => {
    const { hub, requests, url } = await behind(sample)
    const { offset } = await hub.publish('news', 0)
    const news = url.replace('/public', '/news')
    const polls = ['live=poll', 'live=long-poll&offset=now', `live=long-poll&offset=${offset}`]
      .flatMap((query) => [query, query])
      .map((query) => ask(`${query.includes('_') ? news : `${url}/news`}?${query}`))
    // A private channel that Varnish does not know yet is asked for once, and by everybody when that is answered.
    await vi.waitFor(() => expect(requests.length).toBeGreaterThanOrEqual(5), { timeout: 30_000 })
    await hub.publish('public/news', 1)
    await hub.publish('news', 1)
    for (const answer of await Promise.all(polls)) expect(answer).toMatchObject({ status: 200, text: '[1]' })
    expect(requests).toHaveLength(6)
  })
})
