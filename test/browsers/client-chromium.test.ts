/** Our client in Chromium, which alone tells of long tasks and can be frozen. */
import { ClientBrowser } from './client-browser.js'
import { clientFacts } from './client-facts.js'
import { chromiumFacts } from './client-return.js'
import { transformFacts } from './client-transforms.js'

clientFacts('Chromium', ClientBrowser.chromium, (running) => {
  chromiumFacts(running)
  transformFacts(running, true)
})
