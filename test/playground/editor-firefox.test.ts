/** The editor in Firefox. */
import { editorFacts } from './editor-facts.js'
import { launchFirefox } from './tab.js'

editorFacts(launchFirefox)
