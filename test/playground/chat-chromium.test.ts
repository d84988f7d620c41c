/** The chat in Chromium. */
import { chatFacts } from './chat-facts.js'
import { launchChromium } from './tab.js'

chatFacts(launchChromium)
