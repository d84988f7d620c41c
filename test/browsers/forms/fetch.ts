/** A browser's fetch: long poll, catch-up, and `anywire.v1` as a stream that answers a POST. */
import { describe, expect, it, vi } from 'vitest'
import { servePages } from '../../support/browsers/page-server.js'
import { type Answer, framesOf, heard, type Note, type Open } from '../facts.js'

export function fetchFacts(open: Open): void {
  describe('fetch', () => {
    it('waits in a long poll, and goes on from the offset it is told', async () => {
      const { hub, origin, url } = await servePages()
      const tab = await open(origin)
      const { headers } = await tab.call<Answer>('ask', `${url('news')}?offset=now`)
      const next = `${url('news')}?live=long-poll&offset=${headers['stream-next-offset']}`
      await tab.call('startAsking', 'poll', next)
      const { offset } = await hub.publish('news', { n: 1 })
      expect(await heard(tab, 'poll', 'answer')).toMatchObject([
        { status: 200, text: '[{"n":1}]', headers: { 'stream-next-offset': offset, 'stream-up-to-date': 'true' } },
      ])
    })

    it('waits in a plain poll', async () => {
      const { hub, origin, url } = await servePages()
      const tab = await open(origin)
      await tab.call('startAsking', 'poll', `${url('news')}?live=poll`)
      await vi.waitFor(() => expect(hub.stats().connections).toBe(1), 30_000)
      await hub.publish('news', 1)
      expect(await heard(tab, 'poll', 'answer')).toMatchObject([{ status: 200, text: '[1]' }])
    })

    it('publishes as a PUT and as a POST', async () => {
      const { origin, url } = await servePages()
      const tab = await open(origin)
      const init = { headers: { 'content-type': 'application/json' }, body: '1' }
      expect(await tab.call<Answer>('ask', url('a'), { ...init, method: 'PUT' })).toMatchObject({ status: 201 })
      expect(await tab.call<Answer>('ask', url('a'), { ...init, method: 'POST' })).toMatchObject({ status: 204 })
      expect(await tab.call<Answer>('ask', url('a'))).toMatchObject({ status: 200, text: '[1,1]' })
    })

    it('reads the answers to a POST as a stream', async () => {
      const { hub, origin, url } = await servePages()
      const tab = await open(origin)
      await tab.call('openStream', 'all', url(), streamInit([{ channel: 'a' }, { channel: 'b' }]))

      await heard(tab, 'all', 'frame', 3)
      await hub.publish('a', 1)
      await heard(tab, 'all', 'frame', 4)
      await hub.publish('b', 2)
      expect(messagesIn(await heard(tab, 'all', 'frame', 5))).toEqual(['a 1', 'b 2'])
    })

    it('promise 2: changes its set of channels without loss', async () => {
      const { hub, origin, url } = await servePages()
      const tab = await open(origin)
      await tab.call('openStream', 'one', url(), streamInit([{ channel: 'a' }]))
      await heard(tab, 'one', 'frame', 2)
      const { offset } = await hub.publish('a', 1)
      await heard(tab, 'one', 'frame', 3)
      await tab.call('openStream', 'two', url(), streamInit([{ channel: 'a', offset }, { channel: 'b' }]))
      await heard(tab, 'two', 'frame', 3)
      await tab.call('close', 'one')
      await heard(tab, 'one', 'end')
      await hub.publish('a', 2)
      expect(messagesIn(await heard(tab, 'two', 'frame', 4))).toEqual(['a 2'])
    })

    it('reads and publishes from another origin, with the headers it needs, where that is listed', async () => {
      const elsewhere = await servePages()
      const { origin, url } = await servePages({ origins: [elsewhere.origin] })
      expect(origin).not.toBe(elsewhere.origin)
      const tab = await open(elsewhere.origin)
      const headers = { 'content-type': 'application/json', 'message-key': 'k', 'producer-id': 'p' }
      const producer = { ...headers, 'producer-epoch': '0', 'producer-seq': '0' }
      const init = { method: 'POST', headers: producer, body: '1', credentials: 'include' }
      const posted = await tab.call<Answer>('ask', url('news'), init)
      expect(posted).toMatchObject({ status: 200, headers: { 'producer-seq': '0' } })
      const read = await tab.call<Answer>('ask', url('news'), { credentials: 'include' })
      expect(read).toMatchObject({ status: 200, text: '[1]' })
      expect(read.headers['stream-next-offset']).toBe(posted.headers['stream-next-offset'])
    })
  })
}

function streamInit(subscribe: readonly object[]): object {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ subscribe }),
  }
}

interface Frame {
  readonly type: string
  readonly channel: string
  readonly messages: readonly { readonly data: unknown }[]
}

function messagesIn(notes: readonly Note[]): string[] {
  const frames = framesOf(notes) as Frame[]
  return frames.flatMap(({ type, channel, messages }) =>
    type === 'messages' ? messages.map(({ data }) => `${channel} ${data}`) : [],
  )
}
