/** One connection for all tabs, and what becomes of it when tabs end. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { HubServer } from '../../support/hub-server.js'
import type { TabBrowser } from './browser.js'
import { expectAll, feed, join, joinAll, longestSilence, personOf, tabGroup } from './room.js'
import { serveTabs } from './server.js'

/** The losers of a race and what brings a late tab up to the others have connections too, for a moment. */
export const expectConnections = (served: HubServer, count: number) =>
  vi.waitFor(() => expect(served.hub.stats().connections).toBe(count), 30_000)

/** `more` is what only this browser can show. */
export function tabFacts(
  name: string,
  launch: () => Promise<TabBrowser>,
  more: (running: () => TabBrowser) => void = () => undefined,
): void {
  describe(`tabs of ${name}`, () => {
    let browser: TabBrowser | undefined
    beforeAll(async () => {
      browser = await launch()
    })
    afterAll(() => browser?.close())
    const running = () => browser!
    sharingFacts(running)
    leaderFacts(running)
    fallbackFacts(running)
    more(running)
  })
}

function sharingFacts(browser: () => TabBrowser): void {
  describe.each([
    { way: 'a shared worker', options: {} },
    { way: 'a tab group', options: tabGroup },
  ])('$way', ({ options }) => {
    it('makes one connection for ten tabs, and each hears everything once', async () => {
      const served = await serveTabs()
      const tabs = await joinAll(10, await personOf(browser()), served, options)
      for (let n = 0; n < 50; n++) await served.hub.publish('news', n)
      for (const tab of tabs) await expectAll(tab, 50)
      await expectConnections(served, 1)
    })

    it('is not shared by different principals', async () => {
      const served = await serveTabs()
      const person = await personOf(browser())
      for (const identity of ['ada', 'bob', 'ada']) await join(person, served, { ...options, identity })
      await expectConnections(served, 2)
    })

    it('stops reading what only a closed tab has read', async () => {
      const served = await serveTabs()
      const person = await personOf(browser())
      await join(person, served, options)
      const other = await join(person, served, { ...options, channel: 'sport' })
      await vi.waitFor(() => expect(served.hub.stats().subscriptions).toBe(2), 30_000)
      await other.close()
      await vi.waitFor(() => expect(served.hub.stats().subscriptions).toBe(1), 30_000)
      await expectConnections(served, 1)
    })

    it('closes its connection when its last client has left', async () => {
      const served = await serveTabs()
      const tabs = await joinAll(2, await personOf(browser()), served, options)
      for (const tab of tabs) await tab.call('leave')
      await expectConnections(served, 0)
    })
  })
}

function leaderFacts(browser: () => TabBrowser): void {
  describe('a tab group', () => {
    it('promise 2: goes on when its leader is closed', async ({ annotate }) => {
      const served = await serveTabs()
      const [leader, ...others] = await joinAll(4, await personOf(browser()), served, tabGroup)
      const feeding = feed(served.hub)
      await feeding.more(50)
      const closed = Date.now()
      await leader!.close()
      await feeding.more(100)
      const count = await feeding.stop()
      for (const tab of others) {
        const notes = await expectAll(tab, count)
        await annotate(`${longestSilence(notes, closed)} ms without a message`)
      }
      await expectConnections(served, 1)
    })

    it('promise 4: stores what its tabs publish once when leaders are closed meanwhile', async () => {
      const served = await serveTabs()
      const [first, second, ...others] = await joinAll(4, await personOf(browser()), served, tabGroup)
      const publishing = others.map((tab, n) => tab.call<string[]>('publish', `p${n}`, 500))
      await first!.close()
      await second!.close()
      expect(await Promise.all(publishing)).toEqual([['published'], ['published']])
      const stored = (await (await fetch(served.url('written?offset=-1'))).json()) as number[]
      expect(stored.sort((a, b) => a - b)).toEqual(Array.from({ length: 1_000 }, (_, n) => n >> 1))
    })
  })
}

/** Measured: to be run with nothing beside it. */
export function stallFacts(browser: () => TabBrowser): void {
  describe('a tab group', () => {
    it('replaces a leader that stalls within 3 s, and that one says nothing more', async ({ annotate }) => {
      const served = await serveTabs()
      const [leader, ...others] = await joinAll(3, await personOf(browser()), served, tabGroup)
      const feeding = feed(served.hub)
      await feeding.more(50)
      const stalled = Date.now()
      await leader!.call('stall', 5_000)
      await Promise.all(others.map((tab) => tab.call('moved', 2)))
      const took = Date.now() - stalled
      await annotate(`replaced after ${took} ms`)
      expect(took).toBeLessThan(4_500)
      await leader!.call('moved', 2)
      await feeding.more(50)
      const count = await feeding.stop()
      for (const tab of others) await expectAll(tab, count)
      const late = (await expectAll(leader!, count)).filter(({ at }) => at > stalled + 4_000)
      expect(late.map(({ core }) => core)).not.toContain(1)
      await expectConnections(served, 1)
    })
  })
}

function fallbackFacts(browser: () => TabBrowser): void {
  describe('a port', () => {
    it('is one of a tab group where a shared worker does not answer', async () => {
      const served = await serveTabs()
      const person = await personOf(browser())
      const tabs = await joinAll(2, person, served, { muted: true })
      await served.hub.publish('news', 0)
      for (const tab of tabs) await expectAll(tab, 1)
      expect(await tabs[1]!.call('workers')).toBe(1)
      await expectConnections(served, 1)
    })

    it('is one of a tab group where the scripts come from another origin', async () => {
      const served = await serveTabs()
      const elsewhere = await serveTabs()
      const page = `${served.origin}/?from=${elsewhere.origin}`
      const tabs = await joinAll(3, await personOf(browser()), served, { page })
      await served.hub.publish('news', 0)
      for (const tab of tabs) await expectAll(tab, 1)
      await expectConnections(served, 1)
    })

    it('is local where a policy forbids workers', async () => {
      const served = await serveTabs({}, { 'content-security-policy': "worker-src 'none'" })
      const tabs = await joinAll(2, await personOf(browser()), served)
      await served.hub.publish('news', 0)
      for (const tab of tabs) await expectAll(tab, 1)
      await expectConnections(served, 2)
    })

    it.each(['worker', 'none'] as const)('has a connection of its own when it is to share with: %s', async (share) => {
      const served = await serveTabs()
      const tabs = await joinAll(2, await personOf(browser()), served, { share })
      await served.hub.publish('news', 0)
      for (const tab of tabs) await expectAll(tab, 1)
      await expectConnections(served, 2)
    })
  })
}
