/** The laboratory in Firefox. */
import { laboratoryFacts } from './laboratory-facts.js'
import { launchFirefox } from './tab.js'

laboratoryFacts(launchFirefox)
