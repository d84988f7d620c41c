/** What a page showed last, shown again without a network. */
import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import { build } from 'esbuild'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createHub, type Hub, memory } from '../../src/index.js'
import type { Page } from '../support/browsers/browser.js'
import { listen } from '../support/hub-server.js'
import type { Open } from './facts.js'

interface Shown {
  readonly data: readonly unknown[]
  readonly asOf: number | null
}

const building = build({
  entryPoints: [new URL('./cache-page.ts', import.meta.url).pathname],
  bundle: true,
  format: 'iife',
  logLevel: 'error',
  write: false,
})

/** The page, and a hub that can be out of reach. */
async function serve() {
  const { outputFiles } = await building
  const page = `<!doctype html><link rel="icon" href="data:,"><body><script>${outputFiles[0]!.text}</script>`
  const state = { online: true, isSecret: false }
  const store = memory()
  const hub = createHub({
    store,
    authenticate: (credential) => credential && { id: credential.token },
    rules: { secret: { subscribe: () => !state.isSecret }, 'prices/*': { keys: true } },
    onError: () => undefined,
  })
  hub.yjs('/yjs')
  onTestFinished(() => hub.close({ graceMs: 1 }))
  const server = createServer((request, response) => {
    if (!request.url!.startsWith('/channels')) response.writeHead(200, { 'content-type': 'text/html' }).end(page)
    else if (state.online) hub.handle(request, response)
    else request.socket.destroy()
  })
  server.on('upgrade', (request, socket, head) =>
    state.online ? hub.upgrade(request, socket as Socket, head) : socket.destroy(),
  )
  return { hub, store, origin: await listen(server), state }
}

async function publish(hub: Hub, channel: string, ...data: readonly unknown[]): Promise<void> {
  for (const one of data) await hub.publish(channel, one)
}

const shown = (tab: Page, channel: string) => tab.call<Shown | undefined>('shown', channel)
const live = (...data: readonly unknown[]) => ({ data, asOf: null })
const past = (...data: readonly unknown[]) => ({ data, asOf: expect.any(Number) })
const isKept = (tab: Page, counts: Record<string, number>) => expect.poll(() => tab.call('kept')).toMatchObject(counts)

/** A page of a channel, as `who` reads it. */
async function read(tab: Page, who: string, channel: string, from?: string, cache: unknown = true): Promise<void> {
  await tab.call('begin', who, cache)
  await tab.call('read', channel, from)
}

export function cacheFacts(open: Open): void {
  describe('a page of a channel', () => {
    it('is shown as of then without a network, and as it is once the server answers, each message once', async () => {
      const { hub, origin, state } = await serve()
      await publish(hub, 'a', 1, 2)
      const tab = await open(origin)
      const began = Date.now()
      await read(tab, 'ann', 'a')
      await expect.poll(() => shown(tab, 'a')).toEqual(live(1, 2))
      await isKept(tab, { a: 2 })
      state.online = false
      await tab.visit(origin)
      await read(tab, 'ann', 'a')
      await expect.poll(() => shown(tab, 'a')).toEqual(past(1, 2))
      expect((await shown(tab, 'a'))?.asOf).toBeGreaterThanOrEqual(began)
      await publish(hub, 'a', 3)
      state.online = true
      await expect.poll(() => shown(tab, 'a')).toEqual(live(1, 2, 3))
      await publish(hub, 'a', 4)
      await expect.poll(() => shown(tab, 'a')).toEqual(live(1, 2, 3, 4))
    })

    it('holds the newest so many, or the newest of each key', async () => {
      const { hub, origin, state } = await serve()
      await publish(hub, 'a', 1, 2, 3, 4)
      for (const [key, data] of Object.entries({ x: 1, y: 2, z: 3 })) await hub.publish('prices/1', data, { key })
      const tab = await open(origin)
      await read(tab, 'ann', 'a', 'last-2')
      await tab.call('read', 'prices/1', 'snapshot')
      await expect.poll(() => shown(tab, 'prices/1')).toEqual(live(1, 2, 3))
      await hub.publish('prices/1', 20, { key: 'y' })
      await hub.publish('prices/1', undefined, { key: 'x' })
      await publish(hub, 'a', 5)
      await expect.poll(() => shown(tab, 'prices/1')).toEqual(live(3, 20))
      await expect.poll(() => shown(tab, 'a')).toEqual(live(4, 5))
      await isKept(tab, { a: 2, 'prices/1': 2 })
      state.online = false
      await tab.visit(origin)
      await read(tab, 'ann', 'a', 'last-2')
      await tab.call('read', 'prices/1', 'snapshot')
      await expect.poll(() => shown(tab, 'a')).toEqual(past(4, 5))
      await expect.poll(() => shown(tab, 'prices/1')).toEqual(past(3, 20))
      await hub.publish('prices/1', undefined, { key: 'z' })
      state.online = true
      await expect.poll(() => shown(tab, 'prices/1')).toEqual(live(20))
    })

    it('is cleared by a gap, and shows what there is instead', async () => {
      const { hub, store, origin, state } = await serve()
      await publish(hub, 'a', 1, 2)
      const tab = await open(origin)
      await read(tab, 'ann', 'a')
      await isKept(tab, { a: 2 })
      state.online = false
      await tab.visit(origin)
      await read(tab, 'ann', 'a')
      await expect.poll(() => shown(tab, 'a')).toEqual(past(1, 2))
      await store.delete('a')
      await publish(hub, 'a', 'new')
      state.online = true
      await expect.poll(() => shown(tab, 'a')).toEqual(live('new'))
      await isKept(tab, { a: 1 })
    })

    it('is never shown to another, and gone when the first is back', async () => {
      const { hub, origin, state } = await serve()
      await publish(hub, 'a', 1)
      const tab = await open(origin)
      await read(tab, 'ann', 'a')
      await isKept(tab, { a: 1 })
      await publish(hub, 'b', 'of bob')
      await tab.visit(origin)
      await read(tab, 'bob', 'b')
      await expect.poll(() => tab.call('kept')).toEqual({ b: 1 })
      expect(new Set(await tab.call<unknown[]>('shownEver'))).toEqual(new Set(['of bob']))
      state.online = false
      await tab.visit(origin)
      await read(tab, 'bob', 'a')
      await tab.call('read', 'b')
      await expect.poll(() => shown(tab, 'b')).toEqual(past('of bob'))
      expect(await shown(tab, 'a')).toBeUndefined()
    })

    it('goes when it turns out whose it is not', async () => {
      const { hub, store, origin, state } = await serve()
      await publish(hub, 'a', 'seen by ann')
      const tab = await open(origin)
      await read(tab, 'ann', 'a')
      await isKept(tab, { a: 1 })
      state.online = false
      await tab.visit(origin)
      // Nobody can say who that is. It was ann when somebody could.
      await read(tab, 'bob', 'a')
      await expect.poll(() => shown(tab, 'a')).toEqual(past('seen by ann'))
      await store.delete('a')
      await publish(hub, 'a', 'seen by bob')
      state.online = true
      await expect.poll(() => shown(tab, 'a')).toEqual(live('seen by bob'))
      await isKept(tab, { a: 1 })
      state.online = false
      await tab.visit(origin)
      await read(tab, 'ann', 'a')
      await expect.poll(() => shown(tab, 'a')).toEqual(past('seen by bob'))
    })

    it('is kept no more once all is cleared, or it may not be read', async () => {
      const { hub, origin, state } = await serve()
      await publish(hub, 'a', 1)
      await publish(hub, 'secret', 2)
      const tab = await open(origin)
      await read(tab, 'ann', 'a')
      await tab.call('read', 'secret')
      await isKept(tab, { a: 1, secret: 1 })
      state.isSecret = true
      await tab.visit(origin)
      await read(tab, 'ann', 'a')
      await tab.call('read', 'secret')
      await expect.poll(() => tab.call('ends')).toEqual({ secret: 'forbidden' })
      await expect.poll(() => tab.call('kept')).toEqual({ a: 1 })
      expect(await shown(tab, 'secret')).toBeUndefined()
      await tab.call('clear')
      await publish(hub, 'a', 3)
      await expect.poll(() => shown(tab, 'a')).toEqual(live(1, 3))
      await tab.call('close')
      expect(await tab.call('kept')).toEqual({})
    })

    it('is kept within bounds, and not at all unless that is asked for', async () => {
      const { hub, origin } = await serve()
      for (const channel of ['a', 'b', 'c']) await publish(hub, channel, channel)
      const tab = await open(origin)
      await tab.call('begin', 'ann', { maxChannels: 2 })
      for (const channel of ['a', 'b', 'c']) {
        await tab.call('read', channel)
        await isKept(tab, { [channel]: 1 })
      }
      expect(await tab.call('kept')).toEqual({ b: 1, c: 1 })
      await tab.visit(origin)
      await read(tab, 'ann', 'd', undefined, false)
      await publish(hub, 'd', 1)
      await expect.poll(() => shown(tab, 'd')).toEqual(live(1))
      await tab.call('close')
      expect(await tab.call('kept')).toEqual({ b: 1, c: 1 })
    })
  })

  describe('a document', () => {
    const text = (tab: Page) => tab.call<{ text: string }>('desk')

    it('is shown without a network, with all that was typed without one, and stored once', async () => {
      const { origin, state } = await serve()
      const tab = await open(origin)
      await tab.call('begin', 'ann', true)
      await tab.call('write', 'yjs/a')
      await expect.poll(() => text(tab)).toMatchObject({ synced: true })
      await tab.call('type', 'at home, ')
      await expect.poll(() => text(tab)).toMatchObject({ saved: true })
      state.online = false
      await tab.call('type', 'in a tunnel')
      await expect.poll(() => text(tab)).toMatchObject({ kept: true })
      for (let reload = 0; reload < 2; reload++) {
        await tab.visit(origin)
        await tab.call('begin', 'ann', true)
        await tab.call('write', 'yjs/a')
        await expect.poll(() => text(tab)).toMatchObject({ text: `at home, in a tunnel${'!'.repeat(reload)}` })
        expect(await text(tab)).toMatchObject({ asOf: expect.any(Number), synced: false })
        await tab.call('type', '!')
        await expect.poll(() => text(tab)).toMatchObject({ kept: true })
      }
      state.online = true
      await expect.poll(() => text(tab)).toMatchObject({ synced: true, saved: true, asOf: null })
      expect(await text(tab)).toMatchObject({ text: 'at home, in a tunnel!!' })
      const other = await open(origin)
      await other.call('begin', 'bob', false)
      await other.call('write', 'yjs/a')
      await expect.poll(() => text(other)).toMatchObject({ text: 'at home, in a tunnel!!', asOf: null })
    })

    it('of another never goes to the server', async () => {
      const { origin, state, store } = await serve()
      const tab = await open(origin)
      await tab.call('begin', 'ann', true)
      await tab.call('write', 'yjs/a')
      await tab.call('type', 'of ann')
      await isKept(tab, { 'yjs/a': 'of ann'.length })
      state.online = false
      await tab.visit(origin)
      await tab.call('begin', 'bob', true)
      await tab.call('write', 'yjs/a')
      await expect.poll(() => text(tab)).toMatchObject({ text: 'of ann' })
      await store.delete('yjs/a')
      state.online = true
      await expect.poll(() => text(tab)).toMatchObject({ error: 'unauthorized' })
      await expect.poll(() => tab.call('kept')).toEqual({})
    })

    it('of many edits is kept as few', async () => {
      const { origin, state } = await serve()
      const tab = await open(origin)
      await tab.call('begin', 'ann', true)
      await tab.call('write', 'yjs/a')
      const typed = 'x'.repeat(250)
      await tab.call('type', typed)
      await expect.poll(() => text(tab)).toMatchObject({ text: typed, saved: true })
      await expect.poll(async () => (await tab.call<Record<string, number>>('kept'))['yjs/a']).toBeLessThanOrEqual(100)
      state.online = false
      await tab.visit(origin)
      await tab.call('begin', 'ann', true)
      await tab.call('write', 'yjs/a')
      await expect.poll(() => text(tab)).toMatchObject({ text: typed, asOf: expect.any(Number) })
    })
  })
}
