/** Several tabs of one Chromium. */
import { afterAll, beforeAll, describe } from 'vitest'
import { launchChromium, type TabBrowser } from './tabs-browser.js'
import { endingFacts } from './tabs-chromium-facts.js'
import { fallbackFacts, leaderFacts, sharingFacts } from './tabs-facts.js'

describe('tabs of Chromium', { timeout: 60_000 }, () => {
  let browser: TabBrowser | undefined
  beforeAll(async () => {
    browser = await launchChromium()
  }, 60_000)
  afterAll(() => browser?.close())
  const running = () => browser!
  sharingFacts(running)
  leaderFacts(running)
  fallbackFacts(running)
  endingFacts(running)
})
