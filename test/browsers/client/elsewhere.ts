/** The client in a page of another origin. */
import { expect, it } from 'vitest'
import type { ClientBrowser } from './browser.js'
import { expectAll, type Facts, shares, World } from './world.js'

export function elsewhereFacts(browser: () => ClientBrowser): void {
  it.each(shares)('reads and publishes with a token in a page of an allowed origin (%s)', async (share) => {
    await using elsewhere = await World.open(browser())
    await using world = await World.open(browser(), {
      origins: [elsewhere.direct],
      authenticate: (credential) => (credential?.token === 'sesame' ? { id: 'ada' } : null),
    })
    const page = `${elsewhere.direct}/?from=${world.proxy.origin}`
    const feed = world.feed()
    for (const transport of ['websocket', 'stream', 'poll']) {
      const tab = await elsewhere.tab(page)
      const options = { url: world.url, share, token: 'sesame', principal: 'ada', transports: [transport] }
      await tab.call('read', 'news', options)
      expect(await tab.call('say', 'news', 'written', 0, 0)).toEqual(['stored'])
      await feed.more(20)
      await tab.call('uses', 'news', transport)
      if (transport === 'poll') await expectAll(tab, await feed.stop())
      else await tab.call('got', 'news', 20)
    }
  })

  it('is told that the token is not taken', async () => {
    await using world = await World.open(browser(), { authenticate: () => null })
    const tab = await world.tab()
    await tab.call('read', 'news', { token: 'simsalabim', principal: 'ada' })
    await tab.call('is', 'news', 'closed')
    expect(await tab.call<Facts>('facts', 'news')).toMatchObject({ ended: { code: 'unauthorized' } })
  })
}
