/** Messages that no browser clones from a worker to a page. */
import { expect, it } from 'vitest'
import type { ClientBrowser } from './browser.js'
import { type Share, World } from './world.js'

const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`

export function deepFacts(browser: () => ClientBrowser): void {
  it.each<Share>(['tabs', 'worker', 'none'])(
    'shows what stands beside messages that are nested too deeply (%s)',
    async (share) => {
      await using world = await World.open(browser(), { limits: { jsonDepth: 100_000 } })
      const tab = await world.tab()
      await tab.call('read', 'news', { share })
      await tab.call('is', 'news', 'open')
      const post = (body: string) =>
        fetch(`${world.direct}/channels/news`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
        })
      await post(`["one",${nested(20_000)},"two",${nested(1_500)},"three"]`)
      await post('"four"')
      expect(await tab.call('got', 'news', 6)).toEqual(['one', 'rejected', 'two', 'rejected', 'three', 'four'])
    },
  )
}
