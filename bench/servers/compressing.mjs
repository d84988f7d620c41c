/** One server of the compression table: `compressing.mjs <anywire|ws> <plain|compressed> <bytes> <batch>`. Each publish it is told of is a batch of its own messages. */
import { createServer } from 'node:http'
import { createHub } from 'anywire'
import { WebSocketServer } from 'ws'
import { endMark, story } from '../load/story.mjs'
import { sequenceBefore } from '../message.mjs'
import { listen } from './control.mjs'

const [product, mode, bytes, batch] = process.argv.slice(2)
const compress = mode === 'compressed'
/** More than are asked for: what has been sent before would be too easy for who remembers it. */
const batches = Array.from({ length: 64 }, (_, i) => story(Number(bytes), Number(batch), i * Number(batch)))
/** Always sent as it is, for those who count bytes. */
const end = [{ end: endMark }]
const server = createServer()
const publish = product === 'ws' ? naive() : hub()

listen(server, (message, done) => {
  const seq = sequenceBefore(message, message.indexOf('@'))
  publish(seq === 0 ? end : batches[seq % batches.length]).then(done)
})

/** @returns {(messages: unknown[]) => Promise<unknown>} */
function hub() {
  const hub = createHub({ compress, limits: { connectionsPerAddress: null, publishesPerSecond: null } })
  hub.attach(server)
  return (messages) =>
    hub.publishBatch(
      'bench',
      messages.map((data) => ({ data })),
    )
}

/** The broadcast of the documentation of `ws`. @returns {(messages: unknown[]) => Promise<unknown>} */
function naive() {
  const sockets = new WebSocketServer({ server, perMessageDeflate: compress })
  sockets.on('connection', (webSocket) => webSocket.on('error', () => undefined))
  return async (messages) => {
    for (const message of messages) {
      const text = JSON.stringify(message)
      for (const client of sockets.clients)
        if (client.readyState === 1) client.send(text, { compress: messages !== end })
    }
  }
}
