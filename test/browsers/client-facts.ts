/** Our client in a browser: what holds in every one. */
import { afterAll, beforeAll, describe } from 'vitest'
import type { ClientBrowser } from './client-browser.js'
import { deepFacts } from './client-deep.js'
import { elsewhereFacts } from './client-elsewhere.js'
import { fallbackFacts, silenceFacts } from './client-fallback.js'
import { returnFacts } from './client-return.js'
import { transportFacts } from './client-transports.js'
import { writingFacts } from './client-writing.js'

type More = (running: () => ClientBrowser) => void

/** `more` is what only this browser can show. */
export function clientFacts(name: string, launch: () => Promise<ClientBrowser>, more: More): void {
  describe(`the client in ${name}`, { timeout: 60_000, concurrent: true }, () => {
    let browser: ClientBrowser | undefined
    beforeAll(async () => {
      browser = await launch()
    }, 60_000)
    afterAll(() => browser?.close())
    const running = () => browser!
    transportFacts(running)
    fallbackFacts(running)
    returnFacts(running)
    writingFacts(running)
    elsewhereFacts(running)
    silenceFacts(running)
    deepFacts(running)
    more(running)
  })
}
