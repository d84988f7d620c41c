/** A subscriber that is as cheap as can be: a raw socket, its handshake by hand, one read buffer for all. */
import { connect } from 'node:net'
import { FrameScan, TextScan } from './scan.mjs'

const shared = Buffer.alloc(65_537)
/** Masked with zeros. */
const pong = Buffer.from([0x8a, 0x80, 0, 0, 0, 0])

/** @typedef {{ count: number, onSequence: ((seq: number) => void) | undefined, push(bytes: Buffer, length: number): void }} Scan */
/** @typedef {{ received: (count: number) => void, lost: (why: string) => void }} Listener */

/** How a form is asked for. */
export class Form {
  /**
   * @param {{ request: string, frames?: boolean, until: string, reply?: Buffer }} form `until`: the text after which the subscriber is in;
   * `reply`: what is sent after the response's head.
   */
  constructor({ request, frames = false, until, reply }) {
    this.request = request
    this.frames = frames
    this.until = until
    this.reply = reply
  }

  /** @param {number} port @param {Listener} listener */
  open(port, listener) {
    return new Reader(port, this, listener).opened
  }
}

class Reader {
  /** @param {number} port @param {Form} form @param {Listener} listener */
  constructor(port, form, listener) {
    this.form = form
    this.listener = listener
    /** @type {Scan} */
    this.scan = form.frames ? new FrameScan() : new TextScan()
    this.bytes = 0
    this.greeting = ''
    this.in = false
    /** @type {Promise<Reader>} */
    this.opened = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
    this.socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: shared.subarray(0, 65_536),
        callback: (length) => {
          this.bytes += length
          if (this.in) this.take(length)
          else this.greet(length)
          return true
        },
      },
    })
    if (form.frames) /** @type {FrameScan} */ (this.scan).onPing = () => this.socket.write(pong)
    this.socket.on('connect', () => form.request && this.socket.write(form.request))
    this.socket.on('error', (error) => this.gone(error.message))
    this.socket.on('close', () => this.gone('closed'))
  }

  get count() {
    return this.scan.count
  }

  /** @param {number} length */
  take(length) {
    const before = this.scan.count
    this.scan.push(shared, length)
    const got = this.scan.count - before
    if (got > 0) this.listener.received(got)
  }

  /** @param {number} length */
  greet(length) {
    const headed = this.greeting.includes('\r\n\r\n')
    this.greeting += shared.toString('latin1', 0, length)
    const { until, reply, frames } = this.form
    const head = this.greeting.indexOf('\r\n\r\n') + 4
    if (head > 3 && !headed && reply) this.socket.write(reply)
    if (!this.greeting.includes(until)) return
    this.in = true
    const rest = frames ? this.greeting.slice(head) : ''
    this.greeting = ''
    shared.write(rest, 0, 'latin1')
    this.take(rest.length)
    this.resolve?.(this)
  }

  /** @param {string} why */
  gone(why) {
    if (this.ended) return
    this.ended = true
    const said = this.greeting ? ` after ${JSON.stringify(this.greeting.slice(0, 300))}` : ''
    this.reject?.(new Error(`A subscriber was not let in: ${why}${said}`))
    if (this.in) this.listener.lost(why)
  }

  close() {
    this.ended = true
    this.socket.destroy()
  }
}
