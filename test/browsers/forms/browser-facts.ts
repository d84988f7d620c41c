/** A browser with its own EventSource, WebSocket and fetch, with our client, and what foreign pages and a channel's bytes can do in it. */
import { describe } from 'vitest'
import type { Browser } from '../../support/browsers/browser.js'
import { opener } from '../facts.js'
import { clientScriptFacts } from './client-script.js'
import { compressedFacts } from './compressed.js'
import { eventSourceFacts } from './event-source.js'
import { fetchFacts } from './fetch.js'
import { foreignPageFacts } from './foreign-page.js'
import { storedScriptFacts } from './stored-script.js'
import { tutorialFacts } from './tutorial.js'
import { webSocketFacts } from './web-socket.js'

export function browserFacts(name: string, launch: () => Promise<Browser>): void {
  describe(name, () => {
    const open = opener(launch)
    eventSourceFacts(open)
    webSocketFacts(open)
    fetchFacts(open)
    compressedFacts(open)
    foreignPageFacts(open)
    storedScriptFacts(open)
    clientScriptFacts(open)
    tutorialFacts(open)
  })
}
