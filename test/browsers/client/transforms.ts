/** The application's own work on messages, off the main thread. */
import { expect, it } from 'vitest'
import type { ClientBrowser } from './browser.js'
import { type Share, upTo, World } from './world.js'

const perSecond = 10_000
const seconds = 3
const batch = 100

/** The sums of each hundred. */
const sums = Array.from({ length: (perSecond * seconds) / 100 }, (_, n) => 100 * 100 * n + 4_950)

/** @param watches Whether the browser tells of long tasks. */
export function transformFacts(browser: () => ClientBrowser, watches: boolean): void {
  it.sequential.each<Share>(['tabs', 'worker'])(
    'transforms 10,000 messages a second in a worker, and the page has no task over 50 ms (%s)',
    { retry: 2 },
    async (share) => {
      await using world = await World.open(browser(), { rules: { news: { retain: { messages: 50_000 } } } })
      const tab = await world.tab()
      await tab.call('read', 'news', { share, worker: '/transform.js' })
      await tab.call('is', 'news', 'open')
      if (watches) await tab.call('watchTasks')
      const begun = performance.now()
      for (let n = 0; n < perSecond * seconds; n += batch) {
        const late = begun + (n * 1_000) / perSecond - performance.now()
        if (late > 0) await new Promise((resolve) => setTimeout(resolve, late))
        await world.hub.publishBatch(
          'news',
          upTo(batch).map((i) => ({ data: n + i })),
        )
      }
      const took = performance.now() - begun
      expect(await tab.call('got', 'news', sums.length)).toEqual(sums)
      const tasks = await tab.call('longTasks')
      console.info(`${share}: ${Math.round((perSecond * seconds * 1_000) / took)} messages/s, long tasks: ${tasks} ms`)
      if (watches) expect(tasks).toEqual([])
    },
  )
}
