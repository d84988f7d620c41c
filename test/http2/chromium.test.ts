/** Chromium that believes the local authority, over one TLS port. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe } from 'vitest'
import { trustPlaces } from '../../src/cli/trust-places.js'
import { makeAuthority, signLocalhost } from '../../src/tls/certificate.js'
import { opener } from '../browsers/facts.js'
import { compressedFacts } from '../browsers/forms/compressed.js'
import { eventSourceFacts } from '../browsers/forms/event-source.js'
import { fetchFacts } from '../browsers/forms/fetch.js'
import { webSocketFacts } from '../browsers/forms/web-socket.js'
import { launchChromium } from '../support/browsers/chromium.js'
import type { Certificate } from '../support/localhost-certificate.js'
import { speak } from '../support/transport.js'
import { onePortFacts } from './browser-facts.js'
import { clientFacts } from './client-facts.js'

const home = mkdtempSync(join(tmpdir(), 'anywire-home-'))
let certificate: Certificate

beforeAll(async () => {
  const authority = await makeAuthority()
  certificate = await signLocalhost(authority)
  speak('h2', { certificate })
  writeFileSync(join(home, 'ca.pem'), authority.cert)
  for (const { run } of trustPlaces(join(home, 'ca.pem'), home, 'linux')[0]!.add) run()
})

describe('Chromium over TLS', () => {
  const open = opener(() => launchChromium(home))
  eventSourceFacts(open)
  webSocketFacts(open)
  fetchFacts(open)
  compressedFacts(open)
  onePortFacts(open, () => ({ certificate }))
  clientFacts(open, () => ({ certificate }))
})
