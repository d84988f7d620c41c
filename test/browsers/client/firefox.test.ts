/** Our client in Firefox. */
import { ClientBrowser } from './browser.js'
import { clientFacts } from './facts.js'

clientFacts('Firefox', ClientBrowser.firefox)
