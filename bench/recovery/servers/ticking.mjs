/** What the servers share: they publish the next number every 20 ms, and end or begin anew at a word, as a crash would have it. */

/** Milliseconds between messages. */
export const everyMs = 20
/** What starting a process takes. */
const startMs = 400

/** @typedef {{ server: import('node:http').Server, publish: (number: number) => void }} Opened */

/**
 * Listens, says its port to the parent, and publishes from the number that it was started with.
 * @param {() => Opened} open called again for each beginning
 */
export function tick(open) {
  const ticking = new Ticking(open, Number(process.argv[2] ?? 1))
  ticking.begin()
  process.on('disconnect', () => process.exit(0))
  process.on('message', (/** @type {'end' | 'restart'} */ word) => {
    const next = ticking.crash()
    if (word === 'end') process.send?.({ next }, () => process.exit(0))
    else setTimeout(() => ticking.begin(), startMs)
  })
}

class Ticking {
  /** @type {Set<import('node:net').Socket>} */
  #sockets = new Set()
  /** @type {import('node:http').Server | undefined} */
  #server
  /** @type {NodeJS.Timeout | undefined} */
  #ticker

  /** @param {() => Opened} open @param {number} next */
  constructor(open, next) {
    this.open = open
    this.next = next
  }

  begin() {
    const { server, publish } = this.open()
    this.#server = server
    server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, () => {
      const address = server.address()
      const [begun, first] = [performance.now(), this.next]
      this.#ticker = setInterval(() => {
        // A late timer is made up for, so that the pace is the same everywhere.
        while (performance.now() >= begun + (this.next - first) * everyMs) publish(this.next++)
      }, everyMs / 4)
      process.send?.({ port: typeof address === 'object' && address ? address.port : 0 })
    })
  }

  /** Nobody is told. */
  crash() {
    clearInterval(this.#ticker)
    this.#server?.close()
    for (const socket of this.#sockets) socket.destroy()
    return this.next
  }
}
