/** A channel may hold anything, a page with a script too: shown, framed, loaded or downloaded, it runs nothing. */
import { describe, expect, it } from 'vitest'
import type { Page } from '../../support/browsers/browser.js'
import { type PageServer, scriptThatVisits, servePages } from '../../support/browsers/page-server.js'
import { ask } from '../../support/clients/request.js'
import type { Open } from '../facts.js'

const bodies = {
  'text/html': scriptThatVisits('/stolen'),
  'image/svg+xml': `<svg xmlns="http://www.w3.org/2000/svg"><script>new Image().src='/stolen'; fetch('/stolen')</script></svg>`,
  'application/xhtml+xml': `<html xmlns="http://www.w3.org/1999/xhtml"><body><script>fetch('/stolen')</script></body></html>`,
  'text/plain': scriptThatVisits('/stolen'),
  'text/javascript': `fetch('/stolen')`,
}
const types = Object.keys(bodies) as (keyof typeof bodies)[]

export function storedScriptFacts(open: Open): void {
  describe.each(types)('a channel of %s that holds a script', (contentType) => {
    async function stored(): Promise<{ served: PageServer; tab: Page; url: string }> {
      const served = await servePages()
      const headers = { 'content-type': contentType }
      await ask(served.url('evil'), { method: 'PUT', headers, body: bodies[contentType] })
      const tab = await open(served.origin)
      return { served, tab, url: served.url('evil') }
    }

    it('runs nothing when it is opened as a page', async () => {
      const { served, tab, url } = await stored()
      await tab.attempt(url)
      await open(`${served.origin}/run?/ran`)
      await served.visited('/ran')
      expect(served.visits).not.toContain('/stolen')
    })

    it('runs nothing in a frame', async () => {
      const { served, tab, url } = await stored()
      for (const tag of ['iframe', 'embed']) await tab.call('place', tag, { src: url })
      await tab.call('place', 'object', { data: url })
      for (const tag of ['iframe', 'embed'])
        await tab.call('place', tag, { src: `${served.origin}/run?/ran-in-${tag}` })
      await tab.call('place', 'object', { data: `${served.origin}/run?/ran-in-object` })
      for (const tag of ['iframe', 'embed', 'object']) await served.visited(`/ran-in-${tag}`)
      expect(served.visits).not.toContain('/stolen')
    })

    it('runs nothing as a script or a style of another page', async () => {
      const { served, tab, url } = await stored()
      expect(await tab.call('embed', 'script', { src: url })).toBe('error')
      expect(await tab.call('embed', 'script', { src: url, type: 'module' })).toBe('error')
      expect(await tab.call('embed', 'link', { href: url, rel: 'stylesheet' })).toBe('error')
      expect(served.visits).not.toContain('/stolen')
    })
  })
}
