/** Firefox over one TLS port. Its EventSource is the same over HTTP/1.1. */
import { beforeAll, describe } from 'vitest'
import { opener } from '../browsers/facts.js'
import { compressedFacts } from '../browsers/forms/compressed.js'
import { fetchFacts } from '../browsers/forms/fetch.js'
import { webSocketFacts } from '../browsers/forms/web-socket.js'
import { launchFirefox } from '../support/browsers/firefox.js'
import { speak } from '../support/transport.js'
import { onePortFacts } from './browser-facts.js'
import { clientFacts } from './client-facts.js'

beforeAll(() => speak('h2'))

describe('Firefox over TLS', () => {
  const open = opener(() => launchFirefox(true))
  webSocketFacts(open)
  fetchFacts(open)
  compressedFacts(open)
  onePortFacts(open, () => ({}))
  clientFacts(open, () => ({}))
})
