/** A browser's own WebSocket: plain, and `anywire.v1`. */
import { describe, expect, it } from 'vitest'
import { servePages } from '../../support/browsers/page-server.js'
import { ask } from '../../support/clients/request.js'
import { dataOf, framesOf, heard, type Open } from '../facts.js'

export function webSocketFacts(open: Open): void {
  describe('WebSocket', () => {
    it('gets one message a frame, and publishes what it sends', async () => {
      const { hub, origin, socketUrl } = await servePages()
      const tab = await open(origin)
      await tab.call('openSocket', 'news', socketUrl('news'))
      expect(await heard(tab, 'news', 'open')).toEqual([{ type: 'open', protocol: '' }])
      await hub.publish('news', { title: 'Grüße 👋' })
      await tab.call('send', 'news', '[1,2]')
      expect(dataOf(await heard(tab, 'news', 'message', 2))).toEqual(['{"title":"Grüße 👋"}', '[1,2]'])
    })

    it('carries bytes both ways', async () => {
      const { hub, origin, socketUrl } = await servePages({
        rules: { raw: { contentType: 'application/octet-stream' } },
      })
      const tab = await open(origin)
      await tab.call('openSocket', 'raw', socketUrl('raw'))
      await heard(tab, 'raw', 'open')
      await hub.publish('raw', Uint8Array.of(0, 255, 10))
      await tab.call('send', 'raw', [13, 0, 128])
      const frames = await heard(tab, 'raw', 'message', 2)
      expect(frames.map(({ bytes }) => bytes)).toEqual([
        [0, 255, 10],
        [13, 0, 128],
      ])
    })

    it('is told what was wrong with what it sent, and stays', async () => {
      const { origin, socketUrl } = await servePages()
      const tab = await open(origin)
      await tab.call('openSocket', 'news', socketUrl('news'))
      await heard(tab, 'news', 'open')
      await tab.call('send', 'news', 'no json')
      await tab.call('send', 'news', '"json"')
      const [refused, published] = await heard(tab, 'news', 'message', 2)
      expect(JSON.parse(refused!.data!)).toMatchObject({ error: { code: 'bad-request' } })
      expect(published!.data).toBe('"json"')
    })

    it.each([
      ['1000 when a closed channel is read to its end', 'closed', 1000],
      ['4410 over a gap', 'trimmed', 4410],
      ['1009 for a frame over the limit', 'news', 1009],
    ])('is closed with %s', async (_what, channel, code) => {
      const { hub, origin, socketUrl } = await servePages({
        rules: { trimmed: { retain: { messages: 1 } } },
        limits: { bodyBytes: 1_000 },
      })
      await hub.publish('closed', 'last', { close: true })
      const { offset } = await hub.publish('trimmed', 1)
      for (const n of [2, 3, 4]) await hub.publish('trimmed', n)
      const tab = await open(origin)
      await tab.call('openSocket', 's', `${socketUrl(channel)}?offset=${channel === 'trimmed' ? offset : '-1'}`)
      await heard(tab, 's', 'open')
      if (channel === 'news') await tab.call('send', 's', 'x'.repeat(2_000))
      expect(await heard(tab, 's', 'close')).toMatchObject([{ code }])
    })

    it('is closed with 1012 when the hub drains, and with 4401 when its right is gone', async () => {
      const { hub, origin, socketUrl } = await servePages({ authenticate: () => ({ id: 'ada' }) })
      const tab = await open(origin)
      for (const name of ['a', 'b']) await tab.call('openSocket', name, socketUrl(name))
      for (const name of ['a', 'b']) await heard(tab, name, 'open')
      hub.disconnect({ channel: 'a' })
      expect(await heard(tab, 'a', 'close')).toMatchObject([{ code: 4401 }])
      await hub.close({ graceMs: 0 })
      expect(await heard(tab, 'b', 'close')).toMatchObject([{ code: 1012 }])
    })
  })

  describe('WebSocket with anywire.v1', () => {
    it('subscribes to many channels, publishes, and is answered', async () => {
      const { hub, origin, socketUrl } = await servePages()
      const first = await hub.publish('a', 0)
      const tab = await open(origin)
      await tab.call('openSocket', 'all', socketUrl(), ['anywire.v1'])
      expect(await heard(tab, 'all', 'open')).toEqual([{ type: 'open', protocol: 'anywire.v1' }])
      const subscriptions = [{ channel: 'a', offset: '-1' }, { channel: 'b' }]
      await tab.call('send', 'all', JSON.stringify({ type: 'subscribe', subscriptions }))
      const frames = framesOf(await heard(tab, 'all', 'message', 4))
      expect(frames[0]).toMatchObject({ type: 'welcome', version: 1 })
      expect(frames).toContainEqual({ type: 'messages', channel: 'a', messages: [{ offset: first.offset, data: 0 }] })
      await tab.call('send', 'all', JSON.stringify({ type: 'publish', id: 7, channel: 'b', data: { n: 1 }, key: 'k' }))
      const answers = framesOf(await heard(tab, 'all', 'message', 6)).slice(4)
      expect(answers).toContainEqual(expect.objectContaining({ type: 'published', id: 7, channel: 'b' }))
      expect(answers).toContainEqual(
        expect.objectContaining({
          type: 'messages',
          channel: 'b',
          messages: [expect.objectContaining({ data: { n: 1 }, key: 'k' })],
        }),
      )
    })

    it('promise 2: goes on in another form from the position it had', async () => {
      const { hub, origin, url, socketUrl, cut } = await servePages()
      const tab = await open(origin)
      await tab.call('openSocket', 'before', `${socketUrl('news')}?offset=-1`, ['anywire.v1'])
      await hub.publish('news', 1)
      const frames = framesOf(await heard(tab, 'before', 'message', 3))
      const { messages } = frames[2] as { messages: { offset: string }[] }
      cut()
      await heard(tab, 'before', 'close')
      await hub.publish('news', 2)
      await tab.call('openSource', 'after', `${url('news')}?offset=${messages[0]!.offset}`)
      expect(dataOf(await heard(tab, 'after', 'message'))).toEqual(['2'])
    })

    it('comes in with a token as its first frame', async () => {
      const { hub, origin, socketUrl } = await servePages({
        authenticate: (credential) => (credential?.token === 'sesame' ? { id: 'ada' } : null),
      })
      const tab = await open(origin)
      await tab.call('openSocket', 'all', socketUrl(), ['anywire.v1'])
      await heard(tab, 'all', 'open')
      await tab.call('send', 'all', JSON.stringify({ type: 'auth', token: 'sesame' }))
      await tab.call(
        'send',
        'all',
        JSON.stringify({ type: 'subscribe', subscriptions: [{ channel: 'a', offset: '-1' }] }),
      )
      await hub.publish('a', 'in')
      const types = framesOf(await heard(tab, 'all', 'message', 4)).map((frame) => (frame as { type: string }).type)
      expect(types).toEqual(['welcome', 'authenticated', 'subscribed', 'messages'])
    })
  })

  describe('WebSocket of another origin', () => {
    it('opens where its origin is listed, and nowhere else', async () => {
      const elsewhere = await servePages()
      const listed = await servePages({ origins: [elsewhere.origin] })
      const other = await servePages()
      const tab = await open(elsewhere.origin)
      await tab.call('openSocket', 'listed', listed.socketUrl('news'))
      await heard(tab, 'listed', 'open')
      await tab.call('openSocket', 'plain', other.socketUrl('news'))
      await tab.call('openSocket', 'v1', other.socketUrl(), ['anywire.v1'])
      for (const name of ['plain', 'v1']) expect(await heard(tab, name, 'close')).toMatchObject([{ code: 1006 }])
      expect((await ask(other.url('news'))).text).toBe('[]')
    })
  })
}
