/** The client where the best transport is blocked, breaks, or becomes possible again. */
import { describe, expect, it } from 'vitest'
import type { ClientBrowser } from './browser.js'
import { expectAll, type Facts, median, shares, World } from './world.js'

const buffering = [
  'proxy_set_header Host $http_host;',
  'proxy_buffering on;',
  'proxy_ignore_headers X-Accel-Buffering;',
]

export function fallbackFacts(browser: () => ClientBrowser): void {
  describe('without WebSockets', () => {
    it.each([403, 200])('reads by a stream where they are answered with %i', async (refuse) => {
      await using world = await World.open(browser())
      world.proxy.webSockets({ refuse })
      const tab = await world.tab()
      await tab.call('read', 'news')
      const feed = world.feed()
      const { decisions } = await tab.call<Facts>('uses', 'news', 'stream')
      expect(decisions).toContainEqual(expect.stringMatching(/^websocket: .*1006/))
      await feed.more(50)
      await expectAll(tab, await feed.stop())
    })

    // What fills its buffer comes through it, and the rest of it with the next that does.
    it.each([
      ['few messages', 1, 300],
      ['a long history', 1_000, 300],
      ['many messages', 1, 5],
    ])('reads by polls where a proxy buffers streams too: %s', async (_what, history, everyMs) => {
      await using world = await World.open(browser())
      const origin = await world.nginx(buffering)
      const feed = world.feed({ history, everyMs })
      const tab = await world.tab(origin)
      await tab.call('read', 'news')
      await tab.call('uses', 'news', 'poll')
      await feed.more(3)
      await expectAll(tab, await feed.stop())
      expect(await tab.call<Facts>('facts', 'news')).toMatchObject({ transport: 'poll', reconnects: 0 })
    })
  })

  it('reads by a stream where WebSockets are killed after a second again and again', async () => {
    await using world = await World.open(browser())
    world.proxy.webSockets({ killAfterMs: 1_000 })
    const tab = await world.tab()
    const feed = world.feed()
    await tab.call('read', 'news')
    await world.proxy.until(({ counts }) => counts.killed === 2)
    await tab.call('uses', 'news', 'stream')
    await feed.more(150)
    await expectAll(tab, await feed.stop())
    const { decisions } = await tab.call<Facts>('facts', 'news')
    expect(decisions).toContainEqual(expect.stringMatching(/^websocket: lost/))
    expect(world.proxy.counts.killed).toBe(2)
  })

  it.each(shares)('goes back to WebSockets as soon as they are possible, without a break (%s)', async (share) => {
    await using world = await World.open(browser())
    world.proxy.webSockets({ refuse: 403 })
    const tab = await world.tab()
    const times = { probeMs: 200, trialMs: 200, demotedMs: 1_000 }
    await tab.call('read', 'news', { share, times, transports: ['websocket', 'stream', 'poll'] })
    const feed = world.feed()
    await tab.call('uses', 'news', 'stream')
    // Where a stream took longer to come than a poll, it was one change already.
    const { reconnects: before } = await tab.call<Facts>('facts', 'news')
    world.proxy.webSockets('pass')
    await tab.call('uses', 'news', 'websocket')
    await feed.more(50)
    await expectAll(tab, await feed.stop())
    const { states, reconnects } = await tab.call<Facts>('facts', 'news')
    expect({ states, reconnects }).toEqual({ states: ['connecting', 'open'], reconnects: before + 1 })
    await world.proxy.until((proxy) => proxy.open('streams') === 0)
  })
}

/** Measured: to be run with nothing beside it. */
export function silenceFacts(browser: () => ClientBrowser): void {
  describe.each(shares)('shared with: %s', (share) => {
    it.each(['black-hole', 'mute'] as const)('has data soon where WebSockets are silent (%s)', async (fault) => {
      await using world = await World.open(browser())
      world.proxy.webSockets(fault)
      await world.hub.publish('news', 0)
      const tab = await world.tab()
      const first: number[] = []
      // Firefox keeps each connection on which it has asked for a WebSocket in vain, and has six for a host.
      for (let round = 0; round < 3; round++) {
        const name = `round ${round}`
        await tab.call('read', name, { share, transports: ['websocket', 'stream', 'poll'] })
        await expectAll(tab, 1, name)
        first.push(Math.round((await tab.call<number[]>('times', name))[0]!))
        await tab.call('close', name)
      }
      console.info(`${share}, ${fault}: ${first} ms`)
      expect(median(first)).toBeLessThan(1_500)
    })
  })
}
