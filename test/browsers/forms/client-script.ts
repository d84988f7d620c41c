/** The client without a bundler, as a page gets it from the server that it talks to. PROTOCOL.md 3.7. */
import { describe, expect, it } from 'vitest'
import { servePages } from '../../support/browsers/page-server.js'
import { dataOf, heard, type Open } from '../facts.js'

export function clientScriptFacts(open: Open): void {
  describe('the client as a script of the server', () => {
    it('reads, and clients share one connection', async () => {
      const { hub, origin, url } = await servePages()
      await hub.publish('news', 'extra')
      const tab = await open(origin)
      for (const name of ['one', 'other']) {
        await tab.call('follow', name, url(), 'news', { share: 'tabs' })
        expect(dataOf(await heard(tab, name, 'message'))).toEqual(['extra'])
      }
      await expect.poll(() => hub.stats().connections).toBe(1)
    })

    it('has a file that runs as a shared worker', async () => {
      const { origin, url } = await servePages()
      const tab = await open(origin)
      const core = { url: url(), transports: ['websocket'] }
      await tab.call('openWorker', 'worker', url('$/worker.js'), { core })
      expect(await heard(tab, 'worker', 'moved')).toHaveLength(1)
    })

    it('reads in a page of an allowed origin', async () => {
      const elsewhere = await servePages()
      const { hub, url } = await servePages({ origins: [elsewhere.origin] })
      await hub.publish('news', 'extra')
      const tab = await open(elsewhere.origin)
      await tab.call('follow', 'news', url(), 'news')
      expect(dataOf(await heard(tab, 'news', 'message'))).toEqual(['extra'])
    })

    it('is no module of a page of another origin', async () => {
      const { url } = await servePages()
      const tab = await open((await servePages()).origin)
      expect(await tab.call('embed', 'script', { src: url('$/client.js'), type: 'module' })).toBe('error')
    })
  })
}
