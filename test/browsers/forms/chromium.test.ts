/** What holds in every browser, in Chromium. */
import { launchChromium } from '../../support/browsers/chromium.js'
import { browserFacts } from './browser-facts.js'

browserFacts('Chromium', launchChromium)
