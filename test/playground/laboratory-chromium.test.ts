/** The laboratory in Chromium. */
import { laboratoryFacts } from './laboratory-facts.js'
import { launchChromium } from './tab.js'

laboratoryFacts(launchChromium)
