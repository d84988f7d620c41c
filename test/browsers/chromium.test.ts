/** What holds in every browser, in Chromium. */
import { launchChromium } from '../support/chromium.js'
import { browserFacts } from './browser-facts.js'

browserFacts('Chromium', launchChromium)
