/** A line of some length: what goes through it comes so much later, in both directions. */
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { Transform } from 'node:stream'

/** @param {number} port where it ends @param {number} delayMs each way @returns {Promise<{ port: number, close: () => void }>} */
export async function openLine(port, delayMs) {
  const sockets = new Set()
  const line = createServer({ noDelay: true }, (near) => {
    const far = connect({ port, host: '127.0.0.1', noDelay: true })
    for (const [from, to] of [
      [near, far],
      [far, near],
    ]) {
      sockets.add(from)
      from.on('error', () => to.destroy())
      from.on('close', () => sockets.delete(from))
      from.pipe(late(delayMs)).pipe(to)
    }
  })
  line.listen(0, '127.0.0.1')
  await once(line, 'listening')
  const address = line.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    close() {
      line.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Chunks wait beside each other, not one after another. @param {number} delayMs */
function late(delayMs) {
  /** @type {Promise<unknown>} */
  let last = Promise.resolve()
  const later = () => new Promise((resolve) => setTimeout(resolve, delayMs))
  return new Transform({
    transform(chunk, _encoding, done) {
      const due = later()
      last = last.then(() => due).then(() => this.push(chunk))
      done()
    },
    flush(done) {
      last.then(later).then(() => done())
    },
  })
}
