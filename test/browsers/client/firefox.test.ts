/** Our client in Firefox. */
import { ClientBrowser } from './browser.js'
import { clientFacts } from './facts.js'
import { transformFacts } from './transforms.js'

clientFacts('Firefox', ClientBrowser.firefox, (running) => transformFacts(running, false))
