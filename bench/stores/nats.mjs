/** Appends to one NATS with JetStream: by messages of the bare client, and by ours. */
import { connect } from '@nats-io/transport-node'
import { nats } from 'anywire/store/nats'
import { config, data } from './appends.mjs'

/** The naive way: a message for each append, sent out again by the server. @param {string} port */
export async function bare(port) {
  const connection = await connect({ servers: urlOf(port) })
  const republish = { src: 'bare.c.>', dest: 'bare.w.>' }
  const stream = { name: 'bare', subjects: ['bare.c.>'], storage: 'file', max_msgs_per_subject: -1, republish }
  const made = await connection.request('$JS.API.STREAM.CREATE.bare', JSON.stringify(stream))
  const { error } = /** @type {{ error?: unknown }} */ (made.json())
  if (error) throw new Error(JSON.stringify(error))
  return {
    append: (/** @type {number} */ number) => connection.request(`bare.c.${number}`, data, { timeout: 5_000 }),
    close: () => connection.close(),
  }
}

/** @param {string} port */
export async function ours(port) {
  const store = await nats({ servers: urlOf(port) })
  return {
    append: (/** @type {number} */ number) => store.append(`c/${number}`, [{ data }], { create: config }),
    close: () => store.close(),
  }
}

const urlOf = (/** @type {string} */ port) => `nats://127.0.0.1:${port}`
