/** Several tabs of one Firefox. */
import { launchFirefox } from './browser.js'
import { tabFacts } from './facts.js'

tabFacts('Firefox', launchFirefox)
