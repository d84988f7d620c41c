/** Our client in Chromium, which alone tells of long tasks and can be frozen. */
import { ClientBrowser } from './browser.js'
import { clientFacts } from './facts.js'
import { chromiumFacts } from './return.js'
import { transformFacts } from './transforms.js'

clientFacts('Chromium', ClientBrowser.chromium, (running) => {
  chromiumFacts(running)
  transformFacts(running, true)
})
