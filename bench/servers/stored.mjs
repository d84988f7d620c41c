/** Anywire over the store that is named, with a log of so many messages, or so many channels of one message: `stored.mjs <store> <messages> <channels>`. */
import { createServer } from 'node:http'
import { createHub } from 'anywire'
import { spell } from '../message.mjs'
import { listen } from './control.mjs'
import { openStore } from './store.mjs'

const [store = '', messages = '0', channels = '0'] = process.argv.slice(2)
const hub = createHub({
  store: await openStore(store),
  rules: { '*': { retain: { messages: null, bytes: null } } },
  limits: { connectionsPerAddress: null, publishesPerSecond: null, channelsFollowed: 200_000 },
})
const server = createServer()
hub.attach(server)

const atOnce = 1_000
for (let seq = 0; seq < Number(messages); seq += atOnce) {
  const batch = Array.from({ length: Math.min(atOnce, Number(messages) - seq) }, (_, at) => JSON.parse(spell(seq + at)))
  await hub.publishBatch(
    'bench',
    batch.map((data) => ({ data })),
  )
}

/** One message in each, a few at once. @param {number} count @param {string} under */
async function fill(count, under) {
  const few = 100
  for (let from = 0; from < count; from += few) {
    const some = Array.from({ length: Math.min(few, count - from) }, (_, at) => from + at)
    await Promise.all(some.map((number) => hub.publish(`${under}/${number}`, JSON.parse(spell(number)))))
  }
}

// What any number of channels needs.
if (Number(channels) > 0) await fill(1_000, 'warm')

listen(server, (message, done) => hub.publish('bench', JSON.parse(message.toString())).then(done), {
  /** Publishes to the channels, and resolves when all is stored. */
  fill: () => fill(Number(channels), 'c').then(() => true),
})
