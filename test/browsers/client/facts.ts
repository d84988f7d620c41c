/** Our client in a browser: what holds in every one. */
import { afterAll, beforeAll, describe } from 'vitest'
import type { ClientBrowser } from './browser.js'
import { deepFacts } from './deep.js'
import { elsewhereFacts } from './elsewhere.js'
import { fallbackFacts } from './fallback.js'
import { returnFacts } from './return.js'
import { transportFacts } from './transports.js'
import { writingFacts } from './writing.js'

type More = (running: () => ClientBrowser) => void

/** `more` is what only this browser can show. */
export function clientFacts(name: string, launch: () => Promise<ClientBrowser>, more: More = () => undefined): void {
  describe(`the client in ${name}`, { concurrent: true }, () => {
    let browser: ClientBrowser | undefined
    beforeAll(async () => {
      browser = await launch()
    })
    afterAll(() => browser?.close())
    const running = () => browser!
    transportFacts(running)
    fallbackFacts(running)
    returnFacts(running)
    writingFacts(running)
    elsewhereFacts(running)
    deepFacts(running)
    more(running)
  })
}
