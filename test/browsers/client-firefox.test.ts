/** Our client in Firefox. */
import { ClientBrowser } from './client-browser.js'
import { clientFacts } from './client-facts.js'
import { transformFacts } from './client-transforms.js'

clientFacts('Firefox', ClientBrowser.firefox, (running) => transformFacts(running, false))
