/** The outbox in a browser: what a page has published outlives the page, in IndexedDB, and is stored once. */
import { createServer } from 'node:http'
import { build } from 'esbuild'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createHub } from '../../src/index.js'
import type { Page } from '../support/browsers/browser.js'
import { ask } from '../support/clients/request.js'
import { listen } from '../support/hub-server.js'
import type { Open } from './facts.js'

interface Facts {
  readonly ends: Readonly<Record<number, string>>
  readonly queued: readonly number[]
  readonly producer?: { readonly id: string; readonly epoch: number; readonly seq: number }
  readonly size: number
}

const factsOf = (page: Page): Promise<Facts> => page.call<Facts>('facts')
const patience = { timeout: 30_000, interval: 20 }

/** The page, and a hub that can be out of reach or keep its answers to itself. */
async function serve() {
  const { outputFiles } = await build({
    entryPoints: [new URL('./outbox-page.ts', import.meta.url).pathname],
    bundle: true,
    format: 'iife',
    write: false,
  })
  const page = `<!doctype html><link rel="icon" href="data:,"><body><script>${outputFiles[0]!.text}</script>`
  const hub = createHub()
  onTestFinished(() => hub.close({ graceMs: 1 }))
  const state = { online: true, answers: true }
  const server = createServer((request, response) => {
    if (!request.url!.startsWith('/channels')) {
      response.writeHead(200, { 'content-type': 'text/html' }).end(page)
    } else if (request.method === 'POST' && !state.online) {
      request.socket.destroy()
    } else {
      if (request.method === 'POST' && !state.answers) response.end = () => response.destroy() as typeof response
      hub.handle(request, response)
    }
  })
  const origin = await listen(server)
  const log = async (): Promise<number[]> => (await ask(`${origin}/channels/a`)).json()
  return { origin, state, log }
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1)

export function outboxFacts(open: Open): void {
  describe('outbox', () => {
    it('promise 4: stores what was published offline once, in order, after a reload', async () => {
      const { origin, state, log } = await serve()
      const tab = await open(origin)
      state.online = false
      await tab.call('say', 1, 100)
      await vi.waitFor(async () => expect((await factsOf(tab)).queued).toEqual(upTo(100)), patience)
      await tab.visit(origin)
      await tab.call('say', 101, 150)
      state.online = true
      await vi.waitFor(async () => expect(await log()).toEqual(upTo(150)), patience)
      await vi.waitFor(async () => expect((await factsOf(tab)).size).toBe(0), patience)
      expect(await log()).toEqual(upTo(150))
    })

    it('promise 4: stores once what the server took and did not get to acknowledge before a reload', async () => {
      const { origin, state, log } = await serve()
      const tab = await open(origin)
      state.answers = false
      await tab.call('say', 1, 100)
      await vi.waitFor(async () => expect((await factsOf(tab)).queued).toEqual(upTo(100)), patience)
      await vi.waitFor(async () => expect(await log()).not.toEqual([]), patience)
      await tab.visit(origin)
      state.answers = true
      await tab.call('say', 101, 101)
      await vi.waitFor(async () => expect((await factsOf(tab)).size).toBe(0), patience)
      expect(await log()).toEqual(upTo(101))
    })

    it('promise 4: stores once what is published while the page is reloaded again and again', async () => {
      const { origin, log } = await serve()
      const tab = await open(origin)
      const kept: number[] = []
      for (let n = 1; n < 500; n += 100) {
        await tab.call('say', n, n + 99)
        await vi.waitFor(async () => expect((await factsOf(tab)).queued).not.toEqual([]), patience)
        kept.push(...(await factsOf(tab)).queued)
        await tab.visit(origin)
      }
      await tab.call('say', 501, 501)
      await vi.waitFor(async () => expect((await factsOf(tab)).ends).toMatchObject({ 501: 'stored' }), patience)
      const stored = await log()
      expect(stored).toEqual([...new Set(stored)].sort((a, b) => a - b))
      expect(stored).toEqual(expect.arrayContaining(kept))
    })

    it('is the same producer after a reload, in a new epoch', async () => {
      const { origin } = await serve()
      const tab = await open(origin)
      const producer = async () => {
        await tab.call('say', 1, 1)
        await vi.waitFor(async () => expect((await factsOf(tab)).size).toBe(0), patience)
        return (await factsOf(tab)).producer!
      }
      const { id, epoch } = await producer()
      await tab.visit(origin)
      expect(await producer()).toEqual({ id, epoch: epoch + 1, seq: 0 })
    })

    it('is another producer in each page, and takes over what a closed one left', async () => {
      const { origin, state, log } = await serve()
      const tab = await open(origin)
      await tab.call('openFrame')
      state.online = false
      await tab.call('say', 1, 3)
      await tab.call('frames[0].say', 4, 6)
      const frame = () => tab.call<Facts>('frames[0].facts')
      await vi.waitFor(async () => expect((await frame()).queued).toEqual([4, 5, 6]), patience)
      await vi.waitFor(async () => expect((await factsOf(tab)).queued).toEqual([1, 2, 3]), patience)
      await vi.waitFor(async () => expect((await frame()).producer).toBeDefined(), patience)
      expect((await frame()).producer!.id).not.toBe((await factsOf(tab)).producer!.id)
      await tab.call('closeFrame')
      await tab.visit(origin)
      state.online = true
      await vi.waitFor(async () => expect(await log()).toEqual(upTo(6)), patience)
    })

    it('lets go of its place when the page is left with nothing waiting, and takes one when it publishes again', async () => {
      const { origin, log } = await serve()
      const tab = await open(origin)
      const held = () => tab.call<string[]>('locks')
      await vi.waitFor(async () => expect(await held()).toHaveLength(1), patience)
      const place = await held()
      await tab.call('leave')
      await vi.waitFor(async () => expect(await held()).toEqual([]), patience)
      await tab.call('say', 1, 2)
      await vi.waitFor(async () => expect(await log()).toEqual([1, 2]), patience)
      expect(await held()).toEqual(place)
    })

    it('does without a database where it has no name', async () => {
      const { origin, log } = await serve()
      const tab = await open(`${origin}/?memory`)
      await tab.call('say', 1, 2)
      await vi.waitFor(async () => expect(await log()).toEqual([1, 2]), patience)
      const facts = { ends: { 1: 'stored', 2: 'stored' }, queued: [] }
      await vi.waitFor(async () => expect(await factsOf(tab)).toMatchObject(facts), patience)
    })
  })
}
