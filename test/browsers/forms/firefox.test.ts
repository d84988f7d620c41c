/** What holds in every browser, in Firefox. */
import { launchFirefox } from '../../support/browsers/firefox.js'
import { browserFacts } from './browser-facts.js'

browserFacts('Firefox', launchFirefox)
