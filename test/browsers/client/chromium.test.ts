/** Our client in Chromium, which alone can be frozen. */
import { ClientBrowser } from './browser.js'
import { clientFacts } from './facts.js'
import { chromiumFacts } from './return.js'

clientFacts('Chromium', ClientBrowser.chromium, chromiumFacts)
