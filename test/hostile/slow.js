/** The setup of a hub whose door and store take their time, so that clients leave in the middle of everything. */
import { setTimeout as sleep } from 'node:timers/promises'
import { memory } from 'anywire'

const most = 4

/**
 * After a moment lets everybody in but those who say they have not made up their mind.
 * @param {unknown} _credential
 * @param {import('node:http').IncomingMessage} request
 */
async function slowDoor(_credential, { headers }) {
  await sleep(Math.random() * most)
  return headers['x-nobody'] ? null : { id: 'reader' }
}

/** The store in memory, each of whose answers to a reader takes a moment. */
function slowStore() {
  const store = memory()
  /** @type {<A extends unknown[], R>(act: (...values: A) => Promise<R>) => (...values: A) => Promise<R>} */
  const late =
    (act) =>
    async (...values) => {
      await sleep(Math.random() * most)
      return act.apply(store, values)
    }
  store.follow = late(store.follow)
  store.read = late(store.read)
  store.position = late(store.position)
  store.snapshot = late(store.snapshot)
  return store
}

/** @type {import('../support/process/hub-process.js').Setup} */
const setup = { options: { store: slowStore(), authenticate: slowDoor } }
export default setup
