/** The tutorial servers as a tutorial's page uses them, from another origin. */
import { describe, expect, it } from 'vitest'
import { servePages } from '../../support/browsers/page-server.js'
import { startTutorial } from '../../support/tutorial.js'
import { type Answer, dataOf, heard, type Open } from '../facts.js'

export function tutorialFacts(open: Open): void {
  describe('a tutorial', () => {
    it('has its text come back to every WebSocket', async () => {
      const { tab, url } = await tutorialPage(open)
      for (const name of ['one', 'two']) {
        await tab.call('openSocket', name, `${url.replace('http', 'ws')}/`)
        await heard(tab, name, 'open')
      }
      await tab.call('send', 'one', 'Grüße & <b>')
      for (const name of ['one', 'two']) expect(dataOf(await heard(tab, name, 'message'))).toEqual(['Grüße & <b>'])
    })

    it('gets JSON every second, with credentials', async () => {
      const { tab, url } = await tutorialPage(open)
      await tab.call('openSource', 'sse', `${url}/sse`, { withCredentials: true })
      const messages = dataOf(await heard(tab, 'sse', 'message', 2))
      for (const data of messages) expect(JSON.parse(String(data))).toEqual({ message: expect.any(String) })
    })

    it('is connected first, and then told the time', async () => {
      const { tab, url } = await tutorialPage(open)
      await tab.call('openSource', 'events', `${url}/events`, { types: ['connected'] })
      expect(await heard(tab, 'events', 'connected')).toHaveLength(1)
      expect(dataOf(await heard(tab, 'events', 'message'))).toEqual([expect.stringMatching(/\d:\d\d:\d\d/)])
    })

    it('polls for an object', async () => {
      const { tab, url } = await tutorialPage(open)
      const { status, text } = await tab.call<Answer>('ask', `${url}/poll`)
      expect([status, JSON.parse(text)]).toEqual([200, { message: expect.any(String) }])
    })
  })
}

async function tutorialPage(open: Open) {
  const url = await startTutorial().listening()
  const { origin } = await servePages()
  return { tab: await open(origin), url }
}
