/** What a browser does with one port of HTTP/1.1 and HTTP/2: page, event streams, polls and WebSockets. */
import { EventEmitter, once } from 'node:events'
import { describe, expect, it } from 'vitest'
import type { HubOptions } from '../../src/index.js'
import { type Answer, dataOf, heard, type Open } from '../browsers/facts.js'
import { html, serveSite, style } from '../pages/site.js'
import { servePages } from '../support/browsers/page-server.js'
import { type SpeechOptions, speak } from '../support/transport.js'

/** A server that notes in which words it was asked: `GET 2.0`, `CONNECT 2.0`, `GET 1.1`. */
export async function listening() {
  const asked: string[] = []
  const authenticate: HubOptions['authenticate'] = (_credential, request) => {
    asked.push(`${request.method} ${request.httpVersion}`)
    return { id: 'anyone' }
  }
  return { ...(await servePages({ authenticate })), asked }
}

export function onePortFacts(open: Open, certificate: () => SpeechOptions): void {
  describe('one port', () => {
    it('carries 150 event streams of a page, and its requests too', async () => {
      speak('h2', certificate())
      const { hub, origin, url, asked } = await listening()
      const tab = await open(origin)
      for (let n = 0; n < 150; n++) await tab.call('openSource', `s${n}`, url('news'))
      for (let n = 0; n < 150; n++) await heard(tab, `s${n}`, 'open')
      expect(await tab.call<Answer>('ask', url('news'))).toMatchObject({ status: 200, text: '[]' })
      await tab.call('startAsking', 'poll', `${url('other')}?live=poll`)
      await expect.poll(() => hub.stats().connections).toBe(151)
      await hub.publish('news', 7)
      for (const name of ['s0', 's75', 's149']) expect(dataOf(await heard(tab, name, 'message'))).toEqual(['7'])
      await hub.publish('other', 8)
      expect(await heard(tab, 'poll', 'answer')).toMatchObject([{ status: 200, text: '[8]' }])
      expect(new Set(asked)).toEqual(new Set(['GET 2.0']))
    })

    it('opens WebSockets over HTTP/2, beside streams of the same session', async () => {
      speak('h2', certificate())
      const { hub, origin, url, socketUrl, asked } = await listening()
      const tab = await open(origin)
      await tab.call('openSource', 'stream', url('news'))
      await heard(tab, 'stream', 'open')
      await tab.call('openSocket', 'plain', socketUrl('news'))
      await tab.call('openSocket', 'v1', socketUrl('news?offset=now'), ['anywire.v1'])
      expect(await heard(tab, 'v1', 'open')).toEqual([{ type: 'open', protocol: 'anywire.v1' }])
      await heard(tab, 'plain', 'open')
      await tab.call('send', 'plain', JSON.stringify('x'.repeat(100_000)))
      expect(dataOf(await heard(tab, 'plain', 'message'))[0]).toHaveLength(100_002)
      expect(dataOf(await heard(tab, 'stream', 'message'))[0]).toHaveLength(100_002)
      hub.disconnect({ channel: 'news' })
      expect(await heard(tab, 'plain', 'close')).toMatchObject([{ code: 4401 }])
      expect(asked.filter((one) => one === 'CONNECT 2.0')).toHaveLength(2)
    })

    it('opens them over HTTP/1.1 where HTTP/2 does not say that it answers', async () => {
      speak('h2', { ...certificate(), webSockets: false })
      const { hub, origin, socketUrl, asked } = await listening()
      const tab = await open(origin)
      await tab.call('openSocket', 'plain', socketUrl('news'))
      await heard(tab, 'plain', 'open')
      await hub.publish('news', 1)
      expect(dataOf(await heard(tab, 'plain', 'message'))).toEqual(['1'])
      expect(asked).toEqual(['GET 1.1'])
    })

    it('has what a page loads asked for while the page is still made, once', async () => {
      speak('h2', certificate())
      const page = html(style, '<script type="module" src="/main.js"></script>')
      const asked: string[] = []
      const heard = new EventEmitter()
      const files = { 'index.html': page, 'style.css': 'p { color: green }', 'main.js': 'document.title = "ran"' }
      const { origin } = await serveSite(files, {}, async (request, response, site) => {
        asked.push(request.url)
        heard.emit('asked')
        if (request.url !== '/rooms/7') return site(request, response)
        await site.ahead(request, response, 'index.html')
        while (!asked.includes('/style.css') || !asked.includes('/main.js')) await once(heard, 'asked')
        response.setHeader('content-type', 'text/html')
        response.end(page)
      })
      const tab = await open(`${origin}/rooms/7`)
      expect(await tab.call('document.title.toString')).toBe('ran')
      expect(asked.filter((url) => url !== '/favicon.ico').sort()).toEqual(['/main.js', '/rooms/7', '/style.css'])
    })
  })
}
