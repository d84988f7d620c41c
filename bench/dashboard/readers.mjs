/** Event streams of one server over HTTP/2 without TLS: `readers.mjs <port> <count> <channels>`. Says "ready" when all are open. */
import { connect } from 'node:http2'

const [port, count, channels] = process.argv.slice(2).map(Number)
const perSession = 500
const atOnce = 200

const sessions = Array.from({ length: Math.ceil(Number(count) / perSession) }, () =>
  connect(`http://127.0.0.1:${port}`),
)
let next = 0

async function admit() {
  while (next < Number(count)) {
    const number = next++
    const stream = sessions[Math.floor(number / perSession)]?.request({
      ':path': `/channels/rooms/${number % Number(channels)}`,
      accept: 'text/event-stream',
      authorization: `Bearer user-${number}`,
    })
    await new Promise((done) => stream?.once('response', done))
    stream?.resume()
  }
}

await Promise.all(Array.from({ length: atOnce }, admit))
process.send?.('ready')
