/** The chat in Firefox. */
import { chatFacts } from './chat-facts.js'
import { launchFirefox } from './tab.js'

chatFacts(launchFirefox)
