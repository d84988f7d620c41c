/** What can be done to tabs of Chromium only: crashes, freezing, and the back-forward cache. */
import { describe, expect, it } from 'vitest'
import type { ChromiumTab, TabBrowser } from './browser.js'
import { expectConnections } from './facts.js'
import { expectAll, feed, joinAll, longestSilence, personOf, tabGroup } from './room.js'
import { serveTabs } from './server.js'

export function endingFacts(browser: () => TabBrowser): void {
  describe.each([
    { way: 'a shared worker', options: {} },
    { way: 'a tab group', options: tabGroup },
  ])('$way', ({ options }) => {
    it('promise 2: goes on when the process of its first tab crashes', async ({ annotate }) => {
      const served = await serveTabs()
      const [first, ...others] = await joinAll<ChromiumTab>(3, await personOf(browser()), served, options)
      const feeding = feed(served.hub)
      await feeding.more(50)
      const crashed = Date.now()
      await first!.crash()
      await feeding.more(100)
      const count = await feeding.stop()
      for (const tab of others) {
        const notes = await expectAll(tab, count)
        await annotate(`${longestSilence(notes, crashed)} ms without a message`)
      }
      await expectConnections(served, 1)
    })

    it('promise 2: lets go of a tab that is frozen, and serves it again', async ({ annotate }) => {
      const served = await serveTabs()
      const [first, ...others] = await joinAll<ChromiumTab>(3, await personOf(browser()), served, options)
      const feeding = feed(served.hub)
      await others.at(-1)!.show()
      await feeding.more(50)
      const frozen = Date.now()
      await first!.freeze(true)
      await feeding.more(100)
      const notes = await others[0]!.call<never[]>('got', 100)
      await annotate(`${longestSilence(notes, frozen)} ms without a message`)
      await first!.freeze(false)
      const count = await feeding.stop()
      for (const tab of [first!, ...others]) await expectAll(tab, count)
      expect(await first!.call('moves')).toBe(2)
      await expectConnections(served, 1)
    })

    it('promise 2: goes on in a page that comes back from the back-forward cache', async () => {
      const served = await serveTabs()
      const [first, other] = await joinAll(2, await personOf(browser()), served, options)
      const feeding = feed(served.hub)
      await feeding.more(20)
      await first!.visit(`${served.origin}/elsewhere`)
      await feeding.more(50)
      await first!.call('history.back')
      const count = await feeding.stop()
      await expectAll(other!, count)
      await expect.poll(() => first!.call('moves').catch(() => 0)).toBe(2)
      await expectAll(first!, count)
    })
  })
}
