/** Several tabs of one Firefox. */
import { launchFirefox } from './tabs-browser.js'
import { tabFacts } from './tabs-facts.js'

tabFacts('Firefox', launchFirefox)
