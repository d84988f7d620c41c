/** Several tabs of one Chromium. */
import { launchChromium } from './browser.js'
import { endingFacts } from './chromium-facts.js'
import { tabFacts } from './facts.js'

tabFacts('Chromium', launchChromium, endingFacts)
