/** The NATS store keeps the contract of stores, as far as it says that it can. */
import { afterAll } from 'vitest'
import { nats } from '../../../src/stores/nats/index.js'
import { storeContract } from '../../../src/testing/store-contract.js'
import { NatsServer } from '../../support/nats.js'

const server = await NatsServer.start()
afterAll(() => server.remove())

storeContract('nats', (options) => nats({ servers: server.url, ...options }), {
  acknowledged: 'process-crash',
  shared: true,
  retains: { bytes: false, ageMs: false },
  keys: false,
  expiry: false,
  configure: false,
  forks: false,
  dense: false,
})
