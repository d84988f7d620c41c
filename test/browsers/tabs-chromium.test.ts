/** Several tabs of one Chromium. */
import { launchChromium } from './tabs-browser.js'
import { endingFacts } from './tabs-chromium-facts.js'
import { tabFacts } from './tabs-facts.js'

tabFacts('Chromium', launchChromium, endingFacts)
