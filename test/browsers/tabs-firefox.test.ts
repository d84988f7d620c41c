/** Several tabs of one Firefox. */
import { afterAll, beforeAll, describe } from 'vitest'
import { launchFirefox, type TabBrowser } from './tabs-browser.js'

import { fallbackFacts, leaderFacts, sharingFacts } from './tabs-facts.js'

describe('tabs of Firefox', { timeout: 60_000 }, () => {
  let browser: TabBrowser | undefined
  beforeAll(async () => {
    browser = await launchFirefox()
  }, 60_000)
  afterAll(() => browser?.close())
  const running = () => browser!
  sharingFacts(running)
  leaderFacts(running)
  fallbackFacts(running)
})
