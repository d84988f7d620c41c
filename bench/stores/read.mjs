/** Reads a log without a hub: `node read.mjs bare|open <store>` says in how many milliseconds and CPU-µs. */

import { join } from 'node:path'
import { createClient } from '@redis/client'
import { disk } from 'anywire/store/disk'
import { open } from 'lmdb'

const [what = '', store = ''] = process.argv.slice(2)
const page = 1_000
let bytes = 0

/** @type {Record<string, () => Promise<unknown>>} */
const bare = {
  /** All that lies in the folder, by key. */
  async disk() {
    const root = open({ path: join(store.slice(5), 'log.mdb'), maxDbs: 3, readOnly: true })
    const messages = root.openDB({ name: 'messages', encoding: 'binary' })
    for (const { value } of messages.getRange()) bytes += /** @type {Buffer} */ (value).length
    await root.close()
  },
  /** The longest stream, in pages. */
  async redis() {
    const client = await createClient({ url: store }).connect()
    let key = ''
    let longest = 0
    for (const one of await client.keys('*:m:*')) {
      const length = await client.xLen(one)
      if (length > longest) [key, longest] = [one, length]
    }
    for (let from = '-'; ; ) {
      const entries = (await client.xRange(key, from, '+', { COUNT: page })) ?? []
      const last = entries.at(-1)
      if (!last) break
      bytes += entries.length
      from = `(${last.id}`
    }
    client.destroy()
  },
}

const began = performance.now()
if (what === 'bare') await bare[store.slice(0, store.indexOf(':'))]()
else {
  const opened = await disk({ path: store.slice(5) })
  const [info] = await opened.position(['bench'])
  if (typeof info !== 'object' || !info.exists) throw new Error('There is no log.')
}
const ms = performance.now() - began
const { user, system } = process.cpuUsage()
console.log(JSON.stringify({ ms, cpuUs: user + system, bytes }))
process.exit(0)
