/** A browser that accepts gzip and permessage-deflate, as all do, reads what is compressed once for all. */
import { describe, expect, it, vi } from 'vitest'
import { story } from '../../compression/story.js'
import { servePages } from '../../support/browsers/page-server.js'
import { type Answer, dataOf, heard, type Note, type Open } from '../facts.js'

const options = { compress: true }
const spelt = (count: number, first = 0) => story(count, first).map(({ data }) => JSON.stringify(data))

export function compressedFacts(open: Open): void {
  describe('what is compressed', () => {
    it('reaches an EventSource as it comes: large slices, small ones, and after a cut', async () => {
      const served = await servePages(options)
      const tab = await open(served.origin)
      await tab.call('openSource', 'news', served.url('news'))
      await heard(tab, 'news', 'open')
      await served.hub.publishBatch('news', story(50))
      await heard(tab, 'news', 'message', 50)
      await served.hub.publish('news', 'small')
      await heard(tab, 'news', 'message', 51)
      served.cut()
      await served.hub.publishBatch('news', story(50, 50))
      const data = dataOf(await heard(tab, 'news', 'message', 101))
      expect(data).toEqual([...spelt(50), '"small"', ...spelt(50, 50)])
    })

    it('is gzip to fetch, whose stream it reaches as it comes', async () => {
      const { hub, origin, url } = await servePages(options)
      const tab = await open(origin)
      await tab.call('openStream', 'all', url(), {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
        body: JSON.stringify({ subscribe: [{ channel: 'news' }] }),
      })
      await heard(tab, 'all', 'frame', 2)
      for (let round = 0; round < 3; round++) {
        await hub.publishBatch('news', story(50, round * 50))
        const { data } = (await heard(tab, 'all', 'frame', 3 + round)).at(-1)!
        expect(JSON.parse(data!).messages).toHaveLength(50)
      }
      const page = await tab.call<Answer>('ask', url('news'))
      expect(page.headers['content-encoding']).toBe('gzip')
      expect(JSON.parse(page.text)).toHaveLength(150)
    })

    it('ends a stream without an error where the channel does', async () => {
      const { hub, origin, url } = await servePages(options)
      await hub.publishBatch('news', story(50), { close: true })
      const tab = await open(origin)
      const answer = await tab.call<Answer>('ask', `${url('news')}?live=sse&offset=-1`)
      expect(answer).toMatchObject({ status: 200, text: expect.stringContaining('"streamClosed":true') })
      expect(answer.error).toBeUndefined()
    })

    it('waits in a long poll', async () => {
      const { hub, origin, url } = await servePages(options)
      const tab = await open(origin)
      await tab.call('startAsking', 'poll', `${url('news')}?live=long-poll&offset=now`)
      await vi.waitFor(() => expect(hub.stats().connections).toBe(1), 30_000)
      await hub.publishBatch('news', story(50))
      const [answer] = (await heard(tab, 'poll', 'answer')) as (Note & Answer)[]
      expect(JSON.parse(answer!.text)).toHaveLength(50)
      expect(answer!.headers['content-encoding']).toBe('gzip')
    })

    it('reaches a WebSocket, which sends compressed too', async () => {
      const { hub, origin, socketUrl } = await servePages(options)
      const tab = await open(origin)
      await tab.call('openSocket', 'news', socketUrl('news'))
      await heard(tab, 'news', 'open')
      expect(await tab.call('extensions', 'news')).toContain('permessage-deflate')
      const large = JSON.stringify(spelt(300))
      await tab.call('send', 'news', large)
      await hub.publish('news', 1)
      await tab.call('send', 'news', large)
      await tab.call('send', 'news', '2')
      expect(dataOf(await heard(tab, 'news', 'message', 4)).sort()).toEqual(['1', '2', large, large].sort())
    })
  })
}
