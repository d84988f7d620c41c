/** What a page of somebody else's can do to a hub that does not list it: nothing. Some pages stand on another site, some only on another port. */
import { describe, expect, it } from 'vitest'
import type { Page } from '../../support/browsers/browser.js'
import { type PageServer, servePages } from '../../support/browsers/page-server.js'
import { ask } from '../../support/clients/request.js'
import { type Answer, heard, type Open } from '../facts.js'

export function foreignPageFacts(open: Open): void {
  describe.each([
    ['another port', (elsewhere: PageServer) => elsewhere.origin],
    ['another site', (elsewhere: PageServer) => `http://localhost:${elsewhere.port}`],
  ])('a foreign page on %s', (_where, originOf) => {
    /** A hub that knows its readers by a cookie, which the browser has, and a foreign page. */
    async function strangers(): Promise<{ served: PageServer; tab: Page }> {
      const served = await servePages({
        cookie: 'pass',
        authenticate: (credential) => ({ id: credential?.token === 'sesame' ? 'ada' : 'anyone' }),
      })
      await served.hub.publish('news', 'secret')
      const tab = await open(`${served.origin}/?cookie=pass=sesame`)
      await tab.visit(originOf(await servePages()))
      return { served, tab }
    }
    const content = async (served: PageServer) => (await ask(served.url('news'))).text

    it('cannot publish by a form', async () => {
      const { served, tab } = await strangers()
      for (const enctype of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
        await tab.call('submit', served.url('news'), enctype, { '"': 'x"' })
        await tab.call('submit', served.url(), enctype, { '{"publish":[{"channel":"news","data":1,"id":"': '"}]}' })
      }
      expect(await content(served)).toBe('["secret"]')
    })

    it('cannot publish by fetch', async () => {
      const { served, tab } = await strangers()
      const text = { mode: 'no-cors', headers: { 'content-type': 'text/plain' } }
      const json = { headers: { 'content-type': 'application/json' } }
      for (const init of [text, { ...text, credentials: 'include' }, { mode: 'no-cors' }, json]) {
        await tab.call('ask', served.url('news'), { ...init, method: 'POST', body: '"x"' })
        const body = JSON.stringify({ publish: [{ channel: 'news', data: 'x' }] })
        await tab.call('ask', served.url(), { ...init, method: 'POST', body })
      }
      expect(await content(served)).toBe('["secret"]')
    })

    it('cannot create, close or delete', async () => {
      const { served, tab } = await strangers()
      for (const method of ['PUT', 'DELETE']) await tab.call('ask', served.url('news'), { method })
      const closing = { method: 'POST', headers: { 'stream-closed': 'true' } }
      expect(await tab.call<Answer>('ask', served.url('news'), closing)).toEqual({ error: 'TypeError' })
      expect(await content(served)).toBe('["secret"]')
    })

    it('cannot open a WebSocket', async () => {
      const { served, tab } = await strangers()
      await tab.call('openSocket', 'plain', served.socketUrl('news'))
      await tab.call('openSocket', 'v1', served.socketUrl('news'), ['anywire.v1'])
      for (const name of ['plain', 'v1']) expect(await heard(tab, name, 'close')).toMatchObject([{ code: 1006 }])
    })

    it('cannot read, neither as text nor as script, image or event stream', async () => {
      const { served, tab } = await strangers()
      const url = `${served.url('news')}?offset=-1`
      for (const init of [{}, { credentials: 'include' }, { mode: 'no-cors' }]) {
        expect(await tab.call<Answer>('ask', url, init)).toMatchObject({ error: 'TypeError' })
      }
      for (const tag of ['script', 'img']) expect(await tab.call('embed', tag, { src: url })).toBe('error')
      await tab.call('openSource', 'news', url, { withCredentials: true })
      expect(await heard(tab, 'news', 'error')).toEqual([{ type: 'error', state: 2 }])
    })
  })
}
