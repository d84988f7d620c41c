/** The client in a page that is hidden, put aside or without a network, and comes back. */
import { describe, expect, it, vi } from 'vitest'
import type { ClientBrowser, ClientTab } from './browser.js'
import { expectAll, type Facts, type Share, shares, World } from './world.js'

const patience = { timeout: 30_000, interval: 20 }

/** A tab that reads what is published without pause. */
async function reading(browser: ClientBrowser, share: Share) {
  const world = await World.open(browser)
  const tab = await world.tab()
  const feed = world.feed()
  await tab.call('read', 'news', { share })
  await tab.call('got', 'news', 20)
  const count = async () => (await tab.call<unknown[]>('got', 'news', 0)).length
  return { world, tab, feed, count, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() }
}

export function returnFacts(browser: () => ClientBrowser): void {
  describe.each(shares)('shared with: %s', (share) => {
    it('reads on after the network was gone', async () => {
      await using room = await reading(browser(), share)
      const { world, tab, feed } = room
      world.proxy.refuse('port')
      await world.proxy.reset()
      await tab.call('is', 'news', 'waiting')
      await feed.more(100)
      await world.proxy.accept()
      await tab.call('is', 'news', 'open')
      await feed.more(50)
      await expectAll(tab, await feed.stop())
    })

    it('reads on while hidden, when its connection is cut or goes silent', async () => {
      await using room = await reading(browser(), share)
      const { world, tab, feed, count } = room
      await tab.hide()
      await throttled(tab)
      for (const fault of ['reset', 'halfOpen'] as const) {
        const before = await count()
        const begun = Date.now()
        await world.proxy[fault]()
        await tab.call('got', 'news', before + 100)
        console.info(`${share}, ${fault} while hidden: ${Date.now() - begun} ms`)
      }
      await expectAll(tab, await feed.stop())
    })
  })
}

/** Until the timers of the page come late. */
async function throttled(tab: ClientTab): Promise<void> {
  await vi.waitFor(async () => expect(await tab.call<number>('lateness')).toBeGreaterThan(300), patience)
}

/** What only Chromium can be told, and does. */
export function chromiumFacts(browser: () => ClientBrowser): void {
  describe.each(shares)('shared with: %s', (share) => {
    // Firefox looks before `pagehide`, and keeps no page that still has a lock, a socket or a request.
    it('reads on in a page that comes back from the back-forward cache', async () => {
      await using room = await reading(browser(), share)
      const { world, tab, feed } = room
      await tab.visit(`${world.proxy.origin}/elsewhere`)
      await feed.more(50)
      await tab.back()
      await vi.waitFor(
        async () => expect(await tab.call('returns')).toEqual({ kept: [false, true], why: null }),
        patience,
      )
      await feed.more(50)
      await expectAll(tab, await feed.stop())
    })

    it('lets go of its connection while frozen, and reads on', async () => {
      await using room = await reading(browser(), share)
      const { world, tab, feed } = room
      await tab.freeze(true)
      await vi.waitFor(() => expect(world.hub.stats().connections).toBe(0), patience)
      await feed.more(50)
      await tab.freeze(false)
      await feed.more(50)
      await expectAll(tab, await feed.stop())
    })

    it('waits no longer when the network is back', async () => {
      await using room = await reading(browser(), share)
      const { world, tab, feed, count } = room
      await tab.offline(true)
      world.proxy.refuse('port')
      await world.proxy.reset()
      // Tries until the pause between two tries is long.
      const attempts = async () => (await tab.call<Facts>('facts', 'news')).decisions.length
      await vi.waitFor(async () => expect(await attempts()).toBeGreaterThan(15), patience)
      await world.proxy.accept()
      const before = await count()
      const begun = Date.now()
      await tab.offline(false)
      await tab.call('got', 'news', before + 1)
      console.info(`${share}: ${Date.now() - begun} ms after the network was back`)
      await expectAll(tab, await feed.stop())
    })
  })
}
