/** The client by each transport, wherever it lives in the browser. */
import { describe, expect, it } from 'vitest'
import type { ClientBrowser } from './browser.js'
import { expectAll, type Facts, shares, upTo, World } from './world.js'

export function transportFacts(browser: () => ClientBrowser): void {
  describe.each(shares)('shared with: %s', (share) => {
    it.each(['websocket', 'stream', 'poll'])('reads and publishes by %s alone', async (transport) => {
      await using world = await World.open(browser())
      await world.hub.publishBatch(
        'news',
        upTo(20).map((data) => ({ data })),
      )
      const tab = await world.tab()
      await tab.call('read', 'news', { share, transports: [transport] })
      await expectAll(tab, 20)
      for (let n = 20; n < 50; n++) await world.hub.publish('news', n)
      await expectAll(tab, 50)
      expect(new Set(await tab.call<string[]>('say', 'news', 'written', 1, 100))).toEqual(new Set(['stored']))
      expect(await world.log('written')).toEqual(upTo(101).slice(1))
      expect(await tab.call<Facts>('uses', 'news', transport)).toMatchObject({ state: 'open', reconnects: 0 })
    })
  })
}
