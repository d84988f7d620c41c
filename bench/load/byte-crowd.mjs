/** Subscribers that count bytes without looking at them, until the message that says that all has been sent. */
import { connect } from 'node:net'
import { endMark } from './story.mjs'

const shared = Buffer.alloc(65_536)
const atOnce = 64
/** Masked with zeros. */
const pong = Buffer.from([0x8a, 0x80, 0, 0, 0, 0])

class ByteReader {
  bytes = 0
  #tail = ''
  /** @type {Set<() => void>} */
  #waiting = new Set()

  /** @param {number} port @param {string} request */
  constructor(port, request) {
    this.socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: shared,
        callback: (length) => {
          this.bytes += length
          // A ping is the whole of what comes while nothing is published.
          if (length === 2 && shared[0] === 0x89) this.socket.write(pong)
          this.#tail = (this.#tail + shared.toString('latin1', Math.max(0, length - 400), length)).slice(-800)
          for (const look of this.#waiting) look()
          return true
        },
      },
    })
    this.socket.on('connect', () => this.socket.write(request))
    this.socket.on('error', () => undefined)
  }

  /** Resolves once `text` has come, and forgets it. @param {string} text */
  until(text) {
    return /** @type {Promise<void>} */ (
      new Promise((resolve) => {
        const look = () => {
          if (!this.#tail.includes(text)) return
          this.#tail = ''
          this.#waiting.delete(look)
          resolve()
        }
        this.#waiting.add(look)
        look()
      })
    )
  }
}

export class ByteCrowd {
  /** @type {ByteReader[]} */
  readers = []

  /** @param {number} port @param {{ request: string, until: string }} form @param {number} size */
  static async gather(port, form, size) {
    const crowd = new ByteCrowd()
    let left = size
    const admit = async () => {
      while (left-- > 0) {
        const reader = new ByteReader(port, form.request)
        await reader.until(form.until)
        crowd.readers.push(reader)
      }
    }
    await Promise.all(Array.from({ length: atOnce }, admit))
    return crowd
  }

  get bytes() {
    return this.readers.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  /** Resolves when everybody has been told that all has been sent. */
  async ended() {
    await Promise.all(this.readers.map((reader) => reader.until(endMark)))
  }

  close() {
    for (const { socket } of this.readers) socket.destroy()
  }
}
