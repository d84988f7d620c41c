/** Subscribers over TLS and over HTTP/2, so many streams to a session. What they cost is theirs: only the server's CPU is measured. */
import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { connect as connectTls } from 'node:tls'
import { FrameScan, TextScan } from './scan.mjs'

/** Masked with zeros. */
const pong = Buffer.from([0x8a, 0x80, 0, 0, 0, 0])

/** @typedef {import('./reader.mjs').Listener} Listener */

/** Counts what a stream brings, once the text `until` has come. */
class Taker {
  /** @type {import('./reader.mjs').Scan} */
  scan
  bytes = 0
  #greeting = ''
  #in = false
  #ended = false
  #buffer = Buffer.alloc(65_537)

  /** @param {import('node:stream').Duplex} stream @param {string} until @param {Listener} listener @param {boolean} frames */
  constructor(stream, until, listener, frames) {
    this.stream = stream
    this.scan = frames ? new FrameScan() : new TextScan()
    if (this.scan instanceof FrameScan) this.scan.onPing = () => stream.write(pong)
    stream.on('error', (error) => this.#lost(error.message, listener))
    stream.on('close', () => this.#lost('closed', listener))
    this.opened = new Promise((resolve) => {
      stream.on('data', (/** @type {Buffer} */ chunk) => {
        this.bytes += chunk.length
        if (this.#in) return this.#take(chunk, listener)
        this.#greeting += chunk.toString('latin1')
        if (!this.#greeting.includes(until)) return
        this.#in = true
        resolve(this)
      })
      // Nothing is said to a plain WebSocket before the first message.
      if (until === '') {
        this.#in = true
        stream.once('response', () => resolve(this))
      }
    })
  }

  get count() {
    return this.scan.count
  }

  /** @param {Buffer} chunk @param {Listener} listener */
  #take(chunk, listener) {
    const before = this.scan.count
    for (let at = 0; at < chunk.length; at += 65_536) {
      this.scan.push(this.#buffer, chunk.copy(this.#buffer, 0, at, at + 65_536))
    }
    if (this.scan.count > before) listener.received(this.scan.count - before)
  }

  /** @param {string} why @param {Listener} listener */
  #lost(why, listener) {
    if (!this.#ended) listener.lost(why)
    this.#ended = true
  }

  close() {
    this.#ended = true
    this.stream.destroy()
  }
}

/** One subscriber to a TLS connection. */
export class TlsForm {
  /** @param {string} request @param {string} until */
  constructor(request, until) {
    this.request = request
    this.until = until
  }

  /** @param {number} port @param {Listener} listener */
  async open(port, listener) {
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
    await once(socket, 'secureConnect')
    socket.write(this.request)
    return new Taker(socket, this.until, listener, false).opened
  }
}

export class Http2Form {
  /** @type {import('node:http2').ClientHttp2Session | undefined} */
  #session
  #left = 0

  /** @param {{ path: string, streams: number, tls: boolean, until: string, webSocket?: boolean }} form */
  constructor(form) {
    this.form = form
  }

  /** @param {number} port @param {Listener} listener */
  async open(port, listener) {
    const { path, until, webSocket = false } = this.form
    const session = this.#sessionAt(port)
    if (session.connecting) await once(session, 'connect')
    if (webSocket && !session.remoteSettings.enableConnectProtocol) await once(session, 'remoteSettings')
    const asked = webSocket
      ? { ':method': 'CONNECT', ':protocol': 'websocket', 'sec-websocket-version': '13' }
      : { accept: 'text/event-stream' }
    const stream = session.request({ ':path': path, ':authority': 'localhost', ...asked }, { endStream: !webSocket })
    return new Taker(stream, until, listener, webSocket).opened
  }

  /** @param {number} port */
  #sessionAt(port) {
    const { tls, streams } = this.form
    if (this.#session && this.#left-- > 0) return this.#session
    const settings = { initialWindowSize: 1 << 20 }
    const session = connectHttp2(`${tls ? 'https' : 'http'}://127.0.0.1:${port}`, {
      rejectUnauthorized: false,
      settings,
    })
    session.on('connect', () => session.setLocalWindowSize(1 << 24))
    session.setMaxListeners(0)
    // Its streams tell.
    session.on('error', () => undefined)
    this.#session = session
    this.#left = streams - 1
    return session
  }
}
