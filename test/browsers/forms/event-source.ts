/** A browser's own EventSource, unmodified. */
import { describe, expect, it } from 'vitest'
import type { Page } from '../../support/browsers/browser.js'
import { type PageServer, servePages } from '../../support/browsers/page-server.js'
import { dataOf, heard, type Open } from '../facts.js'

export function eventSourceFacts(open: Open): void {
  describe('EventSource', () => {
    it('hears each message with its data and its offset as id', async () => {
      const served = await servePages()
      const tab = await open(served.origin)
      await tab.call('openSource', 'news', served.url('news'))
      await heard(tab, 'news', 'open')
      const first = await served.hub.publish('news', { title: 'Grüße 👋' })
      const second = await served.hub.publish('news', [1, 2])
      expect(await heard(tab, 'news', 'message', 2)).toEqual([
        { type: 'message', data: '{"title":"Grüße 👋"}', id: first.offset },
        { type: 'message', data: '[1,2]', id: second.offset },
      ])
    })

    it('hears every line of a text, and its event', async () => {
      const served = await servePages({ rules: { log: { contentType: 'text/plain' } } })
      const tab = await open(served.origin)
      await tab.call('openSource', 'log', `${served.url('log')}?offset=-1`, { types: ['note'] })
      await served.hub.publish('log', ' indented\n\nlast\n')
      await served.hub.publish('log', 'named', { event: 'note' })
      expect(dataOf(await heard(tab, 'log', 'message'))).toEqual([' indented\n\nlast\n'])
      expect(dataOf(await heard(tab, 'log', 'note'))).toEqual(['named'])
    })

    it('promise 2: hears each message once when its connection is cut', async () => {
      const served = await servePages()
      const tab = await open(served.origin)
      await tab.call('openSource', 'news', served.url('news'))
      await heard(tab, 'news', 'open')
      for (let n = 0; n < 12; n++) {
        await served.hub.publish('news', n)
        if (n === 3) await heard(tab, 'news', 'message', 4)
        if (n === 5) served.cut()
      }
      const notes = await heard(tab, 'news', 'message', 12)
      expect(dataOf(notes)).toEqual(Array.from({ length: 12 }, (_, n) => String(n)))
      await heard(tab, 'news', 'open', 2)
    })

    it('resumes when it has heard nothing yet', async () => {
      const served = await servePages()
      await served.hub.publish('news', 'before')
      const tab = await open(served.origin)
      await tab.call('openSource', 'news', served.url('news'))
      await positioned(tab, served, 'news')
      served.cut()
      await served.hub.publish('news', 'meanwhile')
      expect(dataOf(await heard(tab, 'news', 'message'))).toEqual(['"meanwhile"'])
    })

    it('stops for good when a closed channel is read to its end', async () => {
      const served = await servePages()
      const tab = await open(served.origin)
      await tab.call('openSource', 'news', served.url('news'))
      await heard(tab, 'news', 'open')
      await served.hub.publish('news', 'last', { close: true })
      const errors = await heard(tab, 'news', 'error', 2)
      expect(errors.map(({ state }) => state)).toEqual([0, 2])
      expect(dataOf(await heard(tab, 'news', 'message'))).toEqual(['"last"'])
    })

    it('promise 3: is told of what it missed', async () => {
      const served = await servePages({ rules: { news: { retain: { messages: 3 } } }, limits: { windowMessages: 2 } })
      const tab = await open(served.origin)
      await tab.call('openSource', 'news', served.url('news'), { types: ['gap'] })
      await heard(tab, 'news', 'open')
      const { offset } = await served.hub.publish('news', 0)
      await heard(tab, 'news', 'message')
      served.cut()
      for (let n = 1; n <= 9; n++) await served.hub.publish('news', n)
      const [gap] = await heard(tab, 'news', 'gap')
      expect(JSON.parse(gap!.data!)).toMatchObject({ reason: 'trimmed', from: offset, missed: 6 })
      expect(dataOf(await heard(tab, 'news', 'message', 4))).toEqual(['0', '7', '8', '9'])
    })

    it('comes back when the hub drains', async () => {
      const served = await servePages()
      const tab = await open(served.origin)
      await tab.call('openSource', 'news', served.url('news'))
      await positioned(tab, served, 'news')
      await served.hub.close({ graceMs: 0 })
      const [error] = await heard(tab, 'news', 'error')
      expect(error).toMatchObject({ state: 0 })
      await heard(tab, 'news', 'open', 2)
    })

    it('reads many channels, and resumes in each', async () => {
      const served = await servePages()
      const tab = await open(served.origin)
      await tab.call('openSource', 'many', served.url('?channel=a&channel=b%2Fc'))
      await heard(tab, 'many', 'open')
      await served.hub.publish('a', 1)
      await heard(tab, 'many', 'message')
      served.cut()
      await served.hub.publish('b/c', 2)
      await served.hub.publish('a', 3)
      const once = async () => {
        const notes = (await heard(tab, 'many', 'message', 3)).map(({ data }) => JSON.parse(data!))
        return [...new Set(notes.map(({ channel, data }) => `${channel} ${data}`))].sort()
      }
      await expect.poll(once).toEqual(['a 1', 'a 3', 'b/c 2'])
    })

    it('promise 2: resumes before its first message, in one channel and in many', async () => {
      const served = await servePages()
      const tab = await open(served.origin)
      await tab.call('openSource', 'news', served.url('news'))
      await tab.call('openSource', 'many', served.url('?channel=news&channel=other'))
      await positioned(tab, served, 'news')
      await positioned(tab, served, 'many')
      await expect.poll(() => served.hub.stats().subscriptions).toBe(3)
      served.cut()
      await served.hub.publish('news', 1)
      expect(dataOf(await heard(tab, 'news', 'message'))).toEqual(['1'])
      const [note] = await heard(tab, 'many', 'message')
      expect(JSON.parse(note!.data!)).toMatchObject({ channel: 'news', data: 1 })
    })

    it('reads the durable form, and resumes by the id of its control events', async () => {
      const served = await servePages()
      await served.hub.publish('news', 0)
      const tab = await open(served.origin)
      const url = `${served.url('news')}?live=sse&offset=-1`
      await tab.call('openSource', 'news', url, { types: ['data', 'control'] })
      await heard(tab, 'news', 'control')
      served.cut()
      for (const n of [1, 2]) await served.hub.publish('news', n)
      const last = await served.hub.publish('news', 3)
      const messages = await durableMessages(tab, 4)
      expect(messages).toEqual([0, 1, 2, 3])
      const newest = async () => {
        const { id, data } = (await heard(tab, 'news', 'control')).at(-1)!
        return { id, ...JSON.parse(data!) }
      }
      const { offset } = last
      await expect.poll(newest).toMatchObject({ id: offset, streamNextOffset: offset, upToDate: true })
    })
  })

  describe('EventSource of another origin', () => {
    it('reads where its origin is listed', async () => {
      const elsewhere = await servePages()
      const served = await servePages({ origins: [elsewhere.origin] })
      const tab = await open(elsewhere.origin)
      await tab.call('openSource', 'news', served.url('news'))
      await heard(tab, 'news', 'open')
      await served.hub.publish('news', 'over there')
      expect(dataOf(await heard(tab, 'news', 'message'))).toEqual(['"over there"'])
    })

    it('is let in by its cookie only with credentials, and resumes with them', async () => {
      const elsewhere = await servePages()
      const served = await servePages({
        origins: [elsewhere.origin],
        cookie: 'pass',
        authenticate: (credential) => (credential?.token === 'sesame' ? { id: 'ada' } : undefined),
      })
      const tab = await open(`${elsewhere.origin}/?cookie=pass=sesame`)
      await tab.call('openSource', 'without', served.url('news'))
      expect(await heard(tab, 'without', 'error')).toEqual([{ type: 'error', state: 2 }])
      await tab.call('openSource', 'with', served.url('news'), { withCredentials: true })
      await heard(tab, 'with', 'open')
      await served.hub.publish('news', 1)
      await heard(tab, 'with', 'message')
      served.cut()
      await served.hub.publish('news', 2)
      expect(dataOf(await heard(tab, 'with', 'message', 2))).toEqual(['1', '2'])
    })

    it('hears nothing where its origin is not listed', async () => {
      const elsewhere = await servePages()
      const served = await servePages()
      await served.hub.publish('news', 'secret')
      const tab = await open(elsewhere.origin)
      await tab.call('openSource', 'news', `${served.url('news')}?offset=-1`)
      expect(await heard(tab, 'news', 'error')).toEqual([{ type: 'error', state: 2 }])
      expect(await heard(tab, 'news', 'message', 0)).toEqual([])
    })
  })
}

/**
 * Resolves when an EventSource has a position to resume from. It is open when the head has come; what is asked for
 * then comes after its first block, which says nothing but a position.
 */
async function positioned(tab: Page, served: PageServer, name: string): Promise<void> {
  await heard(tab, name, 'open')
  await tab.call('ask', served.url('other'))
}

/** What the data events hold, as soon as it is so many messages. */
async function durableMessages(tab: Page, count: number): Promise<unknown[]> {
  for (let events = 1; ; events++) {
    const notes = await heard(tab, 'news', 'data', events)
    const messages = notes.flatMap(({ data }) => JSON.parse(data!) as unknown[])
    if (messages.length >= count) return messages
  }
}
