/** Publishing by the client in a browser: what a page publishes offline outlives the page. */
import { expect, it } from 'vitest'
import type { ClientBrowser } from './browser.js'
import { expectAll, shares, upTo, World } from './world.js'

export function writingFacts(browser: () => ClientBrowser): void {
  it.each(shares)(
    'promise 4: stores once and in order what was published offline before a reload (%s)',
    async (share) => {
      await using world = await World.open(browser())
      const options = { url: world.url, channel: 'written', share }
      world.proxy.refuse('port')
      const tab = await world.tab(world.direct)
      await tab.call('read', 'news', options)
      await tab.call('keep', 'news', 'written', 0, 99)
      await tab.visit(world.direct)
      await tab.call('read', 'news', options)
      await tab.call('keep', 'news', 'written', 100, 199)
      expect(await world.log('written')).toEqual([])
      await world.proxy.accept()
      await expectAll(tab, 200)
      expect(await world.log('written')).toEqual(upTo(200))
    },
  )

  it('promise 4: stores once what it publishes while answers are lost and connections break', async () => {
    await using world = await World.open(browser())
    const tab = await world.tab()
    await tab.call('read', 'news', { channel: 'written' })
    const said = tab.call<string[]>('say', 'news', 'written', 0, 499)
    for (let n = 1; n <= 4; n++) {
      await tab.call('got', 'news', n * 60)
      await world.proxy.reset()
    }
    expect((await said).filter((end) => end !== 'duplicate' && end !== 'stored')).toEqual([])
    await expectAll(tab, 500)
    expect(await world.log('written')).toEqual(upTo(500))
  })
}
