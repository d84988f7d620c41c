/** Tabs, where it is measured how soon one takes over: with nothing beside them. */
import { afterAll, beforeAll, describe } from 'vitest'
import { launchChromium, launchFirefox, type TabBrowser } from './browser.js'
import { stallFacts } from './facts.js'

describe.each([
  ['Chromium', launchChromium],
  ['Firefox', launchFirefox],
] as const)('tabs of %s, alone', (_, launch) => {
  let browser: TabBrowser | undefined
  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(() => browser?.close())
  stallFacts(() => browser!)
})
