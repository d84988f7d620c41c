/** Reads a log without a hub: `node read.mjs bare|open <store>` says in how many milliseconds and CPU-µs. */
import { join } from 'node:path'
import { connect, createInbox } from '@nats-io/transport-node'
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
  /** The longest stream, by a consumer that is asked for so many at a time. */
  async nats() {
    const connection = await connect({ servers: store })
    /** @template T @param {string} what @param {object} [body] @returns {Promise<T>} */
    const api = async (what, body) => (await connection.request(`$JS.API.${what}`, body && JSON.stringify(body))).json()
    /** @type {{ streams: { config: { name: string }, state: { messages: number } }[] }} */
    const { streams } = await api('STREAM.LIST')
    const [longest] = streams.sort((one, other) => other.state.messages - one.state.messages)
    const stream = longest?.config.name ?? ''
    const config = { ack_policy: 'none', deliver_policy: 'all', replay_policy: 'instant', mem_storage: true }
    /** @type {{ name: string }} */
    const { name } = await api(`CONSUMER.CREATE.${stream}`, { stream_name: stream, config })
    const inbox = createInbox()
    const ask = () => connection.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${name}`, batch, { reply: inbox })
    const batch = JSON.stringify({ batch: page, no_wait: true })
    let left = longest?.state.messages ?? 0
    await new Promise((resolve) => {
      connection.subscribe(inbox, {
        callback: (_error, { data, headers }) => {
          // A status ends what was asked for.
          if (headers?.code) return ask()
          bytes += data.length
          if (--left === 0) resolve(undefined)
          else if (left % page === 0) ask()
        },
      })
      ask()
    })
    await connection.close()
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
