/** Our client in Chromium. */
import { afterAll, beforeAll, describe } from 'vitest'
import { ClientBrowser } from './client-browser.js'
import { elsewhereFacts } from './client-elsewhere.js'
import { fallbackFacts, silenceFacts } from './client-fallback.js'
import { chromiumFacts, returnFacts } from './client-return.js'
import { transformFacts } from './client-transforms.js'
import { transportFacts } from './client-transports.js'
import { writingFacts } from './client-writing.js'

describe('the client in Chromium', { timeout: 60_000, concurrent: true }, () => {
  let browser: ClientBrowser | undefined
  beforeAll(async () => {
    browser = await ClientBrowser.chromium()
  }, 60_000)
  afterAll(() => browser?.close())
  const running = () => browser!
  transportFacts(running)
  fallbackFacts(running)
  returnFacts(running)
  chromiumFacts(running)
  writingFacts(running)
  elsewhereFacts(running)
  silenceFacts(running)
  transformFacts(running, true)
})
