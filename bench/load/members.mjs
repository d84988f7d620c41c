/** Members of a channel, each with a name of its own, and one who reads its roster. */
import { once } from 'node:events'
import { connect } from 'node:net'

/** Handshakes under way at once. */
const atOnce = 64

/** @param {string} channel @param {string} name @param {string} [more] */
const upgrade = (channel, name, more = '') =>
  `GET /channels/${channel}?token=${name} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n${more}\r\n`

/** Lets in so many, each by a plain WebSocket. @param {number} port @param {string} channel @param {number} size */
export async function gather(port, channel, size) {
  /** @type {import('node:net').Socket[]} */
  const sockets = []
  let next = 0
  const admit = async () => {
    while (next < size) {
      const socket = connect(port, '127.0.0.1')
      socket.on('error', () => undefined)
      socket.write(upgrade(channel, `member-${next++}`))
      const [head] = await once(socket, 'data')
      if (!String(head).startsWith('HTTP/1.1 101')) throw new Error(`A member was refused: ${head}`)
      socket.resume()
      sockets.push(socket)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, admit))
  return () => {
    for (const socket of sockets) socket.destroy()
  }
}

/** Reads a roster over SSE from its beginning. */
export class RosterReader {
  bytes = 0
  /** What may be cut in the middle. */
  #rest = ''
  #present = new Set()
  #counted = 0
  /** @type {import('node:net').Socket} */
  #socket
  /** @type {(() => void) | undefined} */
  #told

  /** @param {number} port @param {string} channel */
  constructor(port, channel) {
    this.#socket = connect(port, '127.0.0.1')
    this.#socket.write(
      `GET /channels/$presence/${channel}?offset=snapshot&token=reader HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n`,
    )
    this.#socket.on('data', (chunk) => this.#take(chunk))
  }

  /** Resolves when it was told of so many members, by name or by count. @param {number} size */
  async has(size) {
    while (this.#present.size < size && this.#counted < size) {
      await new Promise((resolve) => {
        this.#told = () => resolve(undefined)
      })
    }
  }

  close() {
    this.#socket.destroy()
  }

  #take(/** @type {Buffer} */ chunk) {
    this.bytes += chunk.length
    const events = (this.#rest + chunk.toString()).split('\n\n')
    this.#rest = events.pop() ?? ''
    for (const event of events) {
      const [, data] = /^data: (\{.*)$/m.exec(event) ?? []
      const { member, members } = data ? JSON.parse(data) : {}
      if (member) this.#present.add(member)
      if (members) this.#counted = members
    }
    this.#told?.()
  }
}
