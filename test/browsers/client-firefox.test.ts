/** Our client in Firefox. */
import { afterAll, beforeAll, describe } from 'vitest'
import { ClientBrowser } from './client-browser.js'
import { elsewhereFacts } from './client-elsewhere.js'
import { fallbackFacts, silenceFacts } from './client-fallback.js'
import { returnFacts } from './client-return.js'
import { transformFacts } from './client-transforms.js'
import { transportFacts } from './client-transports.js'
import { writingFacts } from './client-writing.js'

describe('the client in Firefox', { timeout: 60_000, concurrent: true }, () => {
  let browser: ClientBrowser | undefined
  beforeAll(async () => {
    browser = await ClientBrowser.firefox()
  }, 60_000)
  afterAll(() => browser?.close())
  const running = () => browser!
  transportFacts(running)
  fallbackFacts(running)
  returnFacts(running)
  writingFacts(running)
  elsewhereFacts(running)
  silenceFacts(running)
  transformFacts(running, false)
})
