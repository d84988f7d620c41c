/** The outbox in Chromium and in Firefox. */
import { describe } from 'vitest'
import { launchChromium } from '../support/browsers/chromium.js'
import { launchFirefox } from '../support/browsers/firefox.js'
import { opener } from './facts.js'
import { outboxFacts } from './outbox.js'

describe.each([
  ['Chromium', launchChromium],
  ['Firefox', launchFirefox],
])('%s', (_name, launch) => outboxFacts(opener(launch)))
