/** A client that asks one thing again and again over one connection that stays open: a raw socket, its requests spelt once. */
import { connect } from 'node:net'

const headEnd = '\r\n\r\n'

export class Asker {
  #socket
  #answer = ''
  #left = 0
  /** @type {Buffer[]} */
  #requests = []
  /** @type {{ resolve: (answer: string) => void, reject: (thrown: Error) => void } | undefined} */
  #done

  /** @param {number} port */
  constructor(port) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#socket.setEncoding('latin1')
    this.#socket.on('data', (/** @type {string} */ text) => this.#take(text))
    const gone = (/** @type {Error} */ error) => this.#done?.reject(error)
    this.#socket.on('error', gone)
    this.#socket.on('close', () => gone(new Error('The server closed the connection of an asker.')))
  }

  /** Asks so many times, one request after the other in turn, the next as soon as it is answered. Resolves with the last answer. @param {string | string[]} requests @param {number} times @returns {Promise<string>} */
  ask(requests, times) {
    this.#requests = [requests].flat().map((request) => Buffer.from(request, 'latin1'))
    this.#left = times
    return new Promise((resolve, reject) => {
      this.#done = { resolve, reject }
      this.#next()
    })
  }

  #next() {
    this.#left--
    this.#answer = ''
    this.#socket.write(this.#requests[this.#left % this.#requests.length])
  }

  /** @param {string} text */
  #take(text) {
    this.#answer += text
    const end = this.#answer.indexOf(headEnd)
    if (end < 0) return
    const [, length = '0'] = /\r\ncontent-length: (\d+)/i.exec(this.#answer.slice(0, end)) ?? []
    if (this.#answer.length < end + headEnd.length + Number(length)) return
    if (!this.#answer.startsWith('HTTP/1.1 2')) {
      this.#done?.reject(new Error(`A request was refused: ${this.#answer.slice(0, 300)}`))
    } else if (this.#left > 0) this.#next()
    else this.#done?.resolve(this.#answer)
  }

  close() {
    this.#done = undefined
    this.#socket.destroy()
  }
}
