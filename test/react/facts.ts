/** `anywire/react` in a browser: what the hooks show, and what they ask of the server. */
import { build } from 'esbuild'
import { describe, expect, it, vi } from 'vitest'
import type { HubOptions } from '../../src/index.js'
import type { Open } from '../browsers/facts.js'
import type { Page } from '../support/browsers/browser.js'
import { serveHub } from '../support/hub-server.js'

const patience = { timeout: 30_000, interval: 20 }

async function page(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [new URL('./page.ts', import.meta.url).pathname],
    bundle: true,
    format: 'esm',
    define: { 'process.env.NODE_ENV': '"development"' },
    external: ['ws'],
    write: false,
  })
  return `<!doctype html><link rel="icon" href="data:,"><body><script type="module">${outputFiles[0]!.text.replaceAll('</script', '<\\/script')}</script>`
}

const built = page()

async function serve(open: Open, options?: HubOptions) {
  const { hub, server, origin } = await serveHub(options)
  const html = await built
  server.on('request', (_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end(html))
  return { hub, origin, tab: await open(origin) }
}

/** Waits until the view has these facts. */
const shows = (tab: Page, facts: object) =>
  vi.waitFor(async () => expect(await tab.call('view')).toMatchObject(facts), patience)

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1)
const batch = (count: number) => upTo(count).map((data) => ({ data }))

export function reactFacts(open: Open): void {
  it('shows the newest messages of a channel, oldest first', async () => {
    const { hub, tab } = await serve(open)
    await hub.publishBatch('news', batch(150))
    await tab.call('show', { channel: 'news', options: { from: 'start' } })
    await shows(tab, { status: 'open', data: upTo(150).slice(-100), last: 150 })
    await hub.publish('news', 'more')
    await shows(tab, { data: [...upTo(150).slice(-99), 'more'], last: 'more' })
  })

  it('keeps as many as asked for', async () => {
    const { hub, tab } = await serve(open)
    await hub.publishBatch('news', batch(5))
    await tab.call('show', { channel: 'news', options: { from: 'start', keep: 2 } })
    await shows(tab, { data: [4, 5] })
  })

  it.each([
    ['', false],
    [', checked by a schema', true],
  ])('renders once for what comes together%s', async (_, numbers) => {
    const { hub, tab } = await serve(open)
    await hub.publishBatch('news', batch(1000))
    await tab.call('show', { channel: 'news', options: { from: 'start' }, numbers })
    await shows(tab, { last: 1000 })
    expect(await tab.call('renders')).toBeLessThan(10)
  })

  it('reads once in strict mode, where effects run twice', async () => {
    const { hub, tab } = await serve(open)
    await hub.publishBatch('news', batch(3))
    await tab.call('show', { channel: 'news', options: { from: 'start' }, strict: true })
    await shows(tab, { data: [1, 2, 3] })
    expect(hub.stats().subscriptions).toBe(1)
  })

  it('reads another channel from its beginning when the channel changes', async () => {
    const { hub, tab } = await serve(open)
    await hub.publish('news', 'old')
    await hub.publish('sport', 'goal')
    await tab.call('show', { channel: 'news', options: { from: 'start' } })
    await shows(tab, { data: ['old'] })
    await tab.call('show', { channel: 'sport', options: { from: 'start' } })
    await shows(tab, { data: ['goal'] })
    await expect.poll(() => hub.stats().subscriptions, patience).toBe(1)
  })

  it('ends its subscription when it is gone', async () => {
    const { hub, tab } = await serve(open)
    await tab.call('show', { channel: 'news' })
    await expect.poll(() => hub.stats().subscriptions, patience).toBe(1)
    await tab.call('leave')
    await expect.poll(() => hub.stats().subscriptions, patience).toBe(0)
  })

  it('reads on where it stood after it was hidden', async () => {
    const { hub, tab } = await serve(open)
    await hub.publish('news', 1)
    const wanted = { channel: 'news', options: { from: 'start' } }
    await tab.call('show', wanted)
    await shows(tab, { data: [1] })
    await tab.call('show', { ...wanted, hidden: true })
    await expect.poll(() => hub.stats().subscriptions, patience).toBe(0)
    await hub.publish('news', 2)
    await tab.call('show', wanted)
    await shows(tab, { data: [1, 2] })
  })

  it('tells what the server refuses', async () => {
    const { tab } = await serve(open, { rules: { secret: { subscribe: false } } })
    await tab.call('show', { channel: 'secret' })
    await shows(tab, { status: 'error', error: { code: 'forbidden' } })
    await tab.call('show', { channel: '' })
    await shows(tab, { status: 'error', error: { code: 'bad-request' } })
  })

  it('tells the end of a closed channel', async () => {
    const { hub, tab, origin } = await serve(open)
    await hub.publish('news', 'last')
    await fetch(`${origin}/channels/news`, { method: 'POST', headers: { 'stream-closed': 'true' } })
    await tab.call('show', { channel: 'news', options: { from: 'start' } })
    await shows(tab, { status: 'closed', data: ['last'] })
  })

  it('checks messages with a schema, which may be made while rendering', async () => {
    const { hub, tab } = await serve(open)
    await hub.publishBatch('news', batch(2))
    await tab.call('show', { channel: 'news', options: { from: 'start' }, numbers: true })
    await shows(tab, { data: [1, 2] })
    await hub.publish('news', 'three')
    await shows(tab, { status: 'error', error: { code: 'rejected', issues: [{ message: 'no number' }] }, data: [1, 2] })
  })

  it('announces a loss', async () => {
    const { hub, tab } = await serve(open, { rules: { news: { retain: { messages: 1 } } } })
    const { offset } = await hub.publish('news', 1)
    await hub.publish('news', 2)
    await hub.publish('news', 3)
    await tab.call('show', { channel: 'news', options: { from: offset } })
    await shows(tab, { data: [3], gap: { kind: 'gap', reason: 'trimmed', missed: 1 } })
  })

  describe('useSnapshot', () => {
    const rules = { prices: { keys: true, key: '/symbol' } }

    it('shows the newest of each key, without those that were removed', async () => {
      const { hub, tab } = await serve(open, { rules })
      await hub.publish('prices', { symbol: 'A', price: 1 })
      await hub.publish('prices', { symbol: 'B', price: 1 })
      await tab.call('show', { channel: 'prices', snapshot: true })
      await shows(tab, {
        values: [
          ['A', { price: 1 }],
          ['B', { price: 1 }],
        ],
      })
      await hub.publish('prices', { symbol: 'B', price: 2 })
      await hub.publish('prices', undefined, { key: 'A' })
      await shows(tab, { values: [['B', { symbol: 'B', price: 2 }]] })
    })

    it('shows nothing of a log that is lost', async () => {
      const { hub, origin, tab } = await serve(open, { rules })
      await hub.publish('prices', { symbol: 'A', price: 1 })
      await tab.call('show', { channel: 'prices', snapshot: true })
      await shows(tab, { values: [['A', { price: 1 }]] })
      await fetch(`${origin}/channels/prices`, { method: 'DELETE' })
      await hub.publish('prices', { symbol: 'B', price: 2 })
      await shows(tab, { status: 'open', gap: { reason: 'reset' }, values: [['B', { price: 2 }]] })
    })
  })

  describe('usePresence', () => {
    const rules = { room: { presence: { graceMs: 100 } }, desk: { presence: true } }
    const authenticate = () => ({ id: 'ann' })
    const here = (state: unknown) => ({ status: 'open', count: 1, members: [{ member: 'ann', state }] })

    it.each([
      ['', false],
      [' in strict mode', true],
    ])('enters with a state, follows it, and leaves%s', async (_, strict) => {
      const { hub, tab } = await serve(open, { rules, authenticate })
      await tab.call('show', { channel: 'room', presence: { state: { typing: false } }, strict })
      await shows(tab, here({ typing: false }))
      await tab.call('show', { channel: 'room', presence: { state: { typing: true } }, strict })
      await shows(tab, here({ typing: true }))
      await tab.call('leave')
      await expect.poll(async () => (await hub.presence('room').members()).members.size, patience).toBe(0)
    })

    it('only looks where there is no state', async () => {
      const { hub, tab } = await serve(open, { rules, authenticate })
      await tab.call('show', { channel: 'desk', presence: {} })
      await shows(tab, { status: 'open', count: 0, members: [] })
      await hub.presence('desk').set('ann', 'busy')
      await shows(tab, here('busy'))
    })

    it('tells what the server refuses, and a state that is too large', async () => {
      const { tab } = await serve(open, {
        rules: { ...rules, secret: { presence: { see: false, counts: false } } },
        authenticate,
      })
      await tab.call('show', { channel: 'secret', presence: { state: 'here' } })
      await shows(tab, { status: 'error', error: { code: 'forbidden' } })
      await tab.call('show', { channel: 'room', presence: { state: 'x'.repeat(2_000) } })
      await shows(tab, { status: 'error', error: { code: 'too-large' } })
    })
  })

  describe('usePublish and useConnection', () => {
    it('publish, and tell of the connection', async () => {
      const { hub, tab } = await serve(open)
      await tab.call('show', { channel: 'news', options: { from: 'start' } })
      expect(await tab.call('publish', 'hello')).toMatchObject({ duplicate: false })
      await shows(tab, { data: ['hello'] })
      await vi.waitFor(
        async () => expect(await tab.call('connection')).toEqual({ state: 'open', messages: 1 }),
        patience,
      )
      expect(await tab.call('sameFunction')).toBe(true)
      // What a client tries besides, where an answer is late, ends.
      await expect.poll(() => hub.stats().connections).toBe(1)
    })
  })

  describe('the provider', () => {
    it('may have no client yet', async () => {
      const { hub, tab } = await serve(open)
      await hub.publish('news', 1)
      const wanted = { channel: 'news', options: { from: 'start' } }
      await tab.call('show', { ...wanted, noClient: true })
      await shows(tab, { status: 'pending', data: [] })
      expect(await tab.call('connection')).toEqual({ state: 'idle' })
      expect(await tab.call('publishError', 2)).toBe('unavailable')
      await tab.call('show', wanted)
      await shows(tab, { status: 'open', data: [1] })
    })

    it('is asked for in a sentence where it is missing', async () => {
      const { tab } = await serve(open)
      await tab.call('show', { channel: 'news', noProvider: true })
      await expect.poll(() => tab.call('text'), patience).toMatch(/need <AnywireProvider client=/)
    })

    it('takes over a page that a server has rendered', async () => {
      const { hub, tab } = await serve(open)
      await hub.publish('news', 1)
      await tab.call('hydrate', { channel: 'news', options: { from: 'start' }, strict: true })
      await shows(tab, { data: [1] })
      expect(await tab.call('faults')).toEqual([])
    })
  })
}
