/** The page at `/` of `anywire serve` over HTTP: who gets it, what it tells, and whom it tells nothing. */
import { once } from 'node:events'
import { request as ask } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Here } from '../../src/cli/front/here.js'
import type { ServeConfig } from '../../src/config/schema.js'
import type { HubOptions } from '../../src/index.js'
import { serveFront } from '../support/front.js'

const html = { accept: 'text/html,*/*' }

async function world(options?: HubOptions, config?: ServeConfig) {
  const { hub, port } = await serveFront(options, config)
  const read = async (channel: string) => {
    const stop = new AbortController()
    onTestFinished(() => stop.abort())
    hub
      .subscribe(channel, { from: 'start', signal: stop.signal })
      .next()
      .catch(() => undefined)
    const readers = () => [...hub.inspect().channels()].find(({ name }) => name === channel)?.readers
    await expect.poll(readers).toBe(1)
  }
  return { hub, port, url: `http://127.0.0.1:${port}`, read }
}

/** What is told to a request with these headers: `fetch` would name its own host. */
async function told(port: number, headers: Record<string, string> = {}): Promise<Here> {
  const asked = ask({ port, path: '/$/here', headers }).end()
  const [answer] = await once(asked, 'response')
  return JSON.parse((await answer.toArray()).join(''))
}

describe('the page at / of anywire serve', () => {
  it('is for browsers, with a policy that lets nothing in; others get a sentence', async () => {
    const { url } = await world()
    const page = await fetch(url, { headers: html })
    expect([page.status, page.headers.get('vary')]).toEqual([200, 'accept'])
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'")
    expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    expect(await page.text()).not.toMatch(/<script>|style=|onload/)
    const program = await fetch(url)
    expect([program.status, await program.text()]).toEqual([
      404,
      'This is an Anywire hub. Its channels are below /channels/, e.g. /channels/news\n',
    ])
    for (const path of ['/$/page.map', '/other', '/constructor']) {
      expect((await fetch(url + path, { headers: html })).status).toBe(404)
    }
    expect((await fetch(url, { method: 'POST', headers: html })).status).toBe(404)
    expect(await (await fetch(url, { method: 'HEAD', headers: html })).text()).toBe('')
  })

  it('is away with the option `page: false`, and its files and facts with it', async () => {
    const { url } = await world({}, { page: false })
    for (const path of ['/', '/$/page.js', '/$/here']) {
      expect((await fetch(url + path, { headers: html })).status).toBe(404)
    }
  })

  it('lists the channels that are read and may be read here, and none of the hub', async () => {
    const asked: unknown[] = []
    const { port, read, hub } = await world({
      rules: {
        'secret/*': { subscribe: false },
        'own/*': { subscribe: ({ principal }) => asked.push(principal.id) < 0 },
        'late/*': { subscribe: async () => true },
        'broken/*': {
          subscribe: () => {
            throw new Error('no')
          },
        },
        'people/*': { presence: true },
      },
    })
    await hub.publish('news', 1)
    for (const name of ['news', 'secret/1', 'own/1', 'late/1', 'broken/1', 'people/1']) await read(name)
    const { path, asks, lists } = await told(port)
    expect({ path, asks, store: lists?.store }).toEqual({ path: '/channels', asks: false, store: 'memory' })
    expect(lists?.channels.map(({ name }) => name).sort()).toEqual(['late/1', 'news', 'people/1'])
    expect(asked).toEqual(['local'])
    // How many messages there are is known once they have been read.
    const news = async () => (await told(port)).lists?.channels.find(({ name }) => name === 'news')
    await expect.poll(news).toEqual({ name: 'news', readers: 1, messages: 1 })
  })

  it.each([
    ['who came through a proxy', { 'x-forwarded-for': '192.0.2.1' }],
    ['a page that rebinds a name', { host: 'evil.example' }],
    ['a page of another origin', { origin: 'https://evil.example' }],
    ['a page of another site', { 'sec-fetch-site': 'cross-site' }],
  ])('tells nothing to %s', async (_who, headers: Record<string, string>) => {
    const { port, read } = await world()
    await read('news')
    const here = await told(port, headers)
    expect(here).toEqual({ path: '/channels', asks: false, why: expect.stringMatching(/So this page lists no/) })
  })

  it('tells strangers nothing where clients are asked who they are, whatever the rules allow', async () => {
    const authenticate = () => ({ id: 'anybody' })
    const { port, read } = await world({ authenticate }, { authenticate })
    await read('news')
    expect(await told(port)).toEqual({ path: '/channels', asks: true, why: expect.stringMatching(/--admin/) })
    const byTokens = await world({ authenticate }, { jwt: { issuers: [] } })
    await byTokens.read('news')
    expect(await told(byTokens.port)).not.toHaveProperty('lists')
  })

  it('never tells the credential in the URL of a store', async () => {
    const { port } = await world({}, { store: 'redis://user:secret@host' })
    expect((await told(port)).lists?.store).toBe('redis')
  })
})
