/** The application's own work on messages, off the main thread. */
import { expect, it } from 'vitest'
import type { ClientBrowser } from './browser.js'
import { type Share, upTo, World } from './world.js'

const perSecond = 10_000
const seconds = 3
const batch = 100

/** The sums of each hundred. */
const sums = Array.from({ length: (perSecond * seconds) / 100 }, (_, n) => 100 * 100 * n + 4_950)

/** @param traces Whether the browser tells of its tasks. */
export function transformFacts(browser: () => ClientBrowser, traces: boolean): void {
  it.each<Share>(['tabs', 'worker'])(
    'transforms 10,000 messages a second in a worker, and the page has no task over 50 ms (%s)',
    async (share) => {
      await using world = await World.open(browser(), { rules: { news: { retain: { messages: 50_000 } } } })
      const tab = await world.tab()
      await tab.call('read', 'news', { share, worker: '/transform.js' })
      await tab.call('is', 'news', 'open')
      const received = async () => {
        await publishAll(world)
        expect(await tab.call('got', 'news', sums.length)).toEqual(sums)
      }
      if (!traces) return await received()
      const tasks = await tab.tasksWhile(received)
      expect(tasks.length).toBeGreaterThan(100)
      expect(tasks[0]).toBeLessThan(50)
    },
  )
}

/** Publishes at the rate, or as fast as this machine can. */
async function publishAll(world: World): Promise<void> {
  const begun = performance.now()
  for (let n = 0; n < perSecond * seconds; n += batch) {
    const late = begun + (n * 1_000) / perSecond - performance.now()
    if (late > 0) await new Promise((resolve) => setTimeout(resolve, late))
    await world.hub.publishBatch(
      'news',
      upTo(batch).map((i) => ({ data: n + i })),
    )
  }
}
