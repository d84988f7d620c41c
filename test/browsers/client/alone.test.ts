/** Our client in a browser, where it is measured: with nothing beside it. */
import { afterAll, beforeAll, describe } from 'vitest'
import { ClientBrowser } from './browser.js'
import { silenceFacts } from './fallback.js'
import { transformFacts } from './transforms.js'

describe.each([
  ['Chromium', ClientBrowser.chromium, true],
  ['Firefox', ClientBrowser.firefox, false],
] as const)('the client in %s, alone', (_, launch, tellsOfTasks) => {
  let browser: ClientBrowser | undefined
  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(() => browser?.close())
  const running = () => browser!
  silenceFacts(running)
  transformFacts(running, tellsOfTasks)
})
