/** A long-polling subscriber: a raw keep-alive socket that asks again from where each answer ended. */
import { connect } from 'node:net'
import { TextScan } from './scan.mjs'

const shared = Buffer.alloc(65_537)

/** The durable long poll of Anywire, and what asks in the same way. */
export class PollForm {
  /** @param {string} path */
  constructor(path) {
    this.path = path
  }

  /** @param {number} port @param {import('./reader.mjs').Listener} listener */
  open(port, listener) {
    return new PollReader(port, this.path, listener).opened
  }
}

class PollReader {
  /** @param {number} port @param {string} path @param {import('./reader.mjs').Listener} listener */
  constructor(port, path, listener) {
    this.path = path
    this.listener = listener
    this.scan = new TextScan()
    this.bytes = 0
    /** What of an answer's head has come. */
    this.head = ''
    /** Bytes of the body still to come; -1 in a head. */
    this.left = -1
    this.offset = ''
    this.cursor = ''
    /** @type {Promise<PollReader>} */
    this.opened = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
    this.socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: { buffer: shared.subarray(0, 65_536), callback: (length) => this.take(length) },
    })
    this.socket.on('connect', () => this.ask('?offset=now'))
    this.socket.on('error', (error) => this.gone(error.message))
    this.socket.on('close', () => this.gone('closed'))
  }

  get count() {
    return this.scan.count
  }

  /** @param {string} query */
  ask(query) {
    this.socket.write(`GET ${this.path}${query} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
  }

  /** @param {number} length */
  take(length) {
    this.bytes += length
    let start = 0
    if (this.left < 0) {
      const before = this.head.length
      this.head += shared.toString('latin1', 0, length)
      const end = this.head.indexOf('\r\n\r\n')
      if (end < 0) return true
      start = end + 4 - before
      this.read(this.head.slice(0, end))
      this.head = ''
    }
    const before = this.scan.count
    shared.copyWithin(0, start, length)
    this.scan.push(shared, length - start)
    this.left -= length - start
    const got = this.scan.count - before
    if (got > 0) this.listener.received(got)
    if (this.left === 0) this.again()
    return true
  }

  /** @param {string} head of an answer */
  read(head) {
    const status = head.slice(9, 12)
    if (status !== '200' && status !== '204') throw new Error(`A poll was answered ${JSON.stringify(head)}.`)
    this.left = status === '204' ? 0 : Number(field(head, 'content-length'))
    if (Number.isNaN(this.left)) throw new Error(`An answer without Content-Length: ${JSON.stringify(head)}`)
    this.offset = field(head, 'stream-next-offset') ?? this.offset
    this.cursor = field(head, 'stream-cursor') ?? this.cursor
  }

  again() {
    this.left = -1
    this.ask(`?live=long-poll&offset=${this.offset}${this.cursor && `&cursor=${this.cursor}`}`)
    this.resolve?.(this)
  }

  /** @param {string} why */
  gone(why) {
    if (this.ended) return
    this.ended = true
    this.reject?.(new Error(`A poll was not let in: ${why}`))
    this.listener.lost(why)
  }

  close() {
    this.ended = true
    this.socket.destroy()
  }
}

/** @param {string} head @param {string} name in lower case */
function field(head, name) {
  const at = head.toLowerCase().indexOf(`\r\n${name}: `)
  if (at < 0) return undefined
  const start = at + name.length + 4
  const end = head.indexOf('\r\n', start)
  return head.slice(start, end < 0 ? undefined : end)
}
