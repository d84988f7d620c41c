/** A hub that serves documents, of which one is large, with a small store. */
import { memory } from 'anywire'
import * as Y from 'yjs'

const store = memory({ maxBytes: 64e6, maxChannels: 3_000 })

/** @type {import('../support/process/hub-process.js').Setup} */
const setup = {
  options: { store, authenticate: (credential) => ({ id: credential?.token ?? 'guest' }) },
  async before(hub) {
    hub.yjs('/yjs')
    const doc = new Y.Doc()
    const text = doc.getText()
    for (let i = 0; i < 40_000; i++) text.insert(i % 2 ? 0 : text.length, 'x')
    for (let i = 0; i < 10_000; i++) text.delete(i, 1)
    await hub.publish('yjs/large', Y.encodeStateAsUpdate(doc), { key: 'all' })
    await hub.publish('innocent', 'kept')
  },
}

export default setup
