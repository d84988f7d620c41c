/** A client of any form over a bare socket, which can stop reading, and notes which messages and gaps it got in which order. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { anywire, handshake, request } from './frames.js'

/** How a reader asks for the channel `feed`. */
export interface Form {
  readonly name: string
  /** What follows the channel's name in the URL. */
  readonly query: string
  readonly headers: readonly string[]
}

const events = ['Accept: text/event-stream']

/** Every form, with every way to be slow that it has. */
export const forms: readonly Form[] = [
  { name: 'plain SSE', query: '', headers: events },
  { name: 'plain WebSocket', query: '', headers: handshake },
  { name: 'anywire.v1', query: '?offset=now', headers: anywire },
  { name: 'durable SSE', query: '?live=sse&offset=now', headers: [] },
  { name: 'plain SSE, conflate', query: '?slow=conflate', headers: events },
  { name: 'anywire.v1, conflate', query: '?offset=now&slow=conflate', headers: anywire },
  { name: 'plain SSE, disconnect', query: '?slow=disconnect', headers: events },
  { name: 'plain WebSocket, disconnect', query: '?slow=disconnect', headers: handshake },
  { name: 'anywire.v1, disconnect', query: '?offset=now&slow=disconnect', headers: anywire },
]

/** A loss that was announced. */
export interface Announced {
  readonly reason: string
  readonly from?: string
  readonly to?: string
  readonly missed?: number
}

/** The payload of a message begins with its number, an announcement's facts with its reason: whatever the form puts around them. */
const number = Buffer.from('{"n":')
const reason = Buffer.from('"reason":"')
const place = Buffer.from('"streamNextOffset":"')
const offsetBytes = 33

export class SlowReader {
  readonly form: Form
  /** The number of the last message. */
  last = 0
  received = 0
  /** Messages that did not follow the one before it, with no gap announced between: there must be none. */
  readonly wrong: string[] = []
  readonly gaps: Announced[] = []
  /** Close codes of a WebSocket, and refusals with their status. */
  readonly ends: number[] = []
  /** Milliseconds from publishing to arrival, if `timed`. */
  readonly delays: number[] = []
  timed = false
  /** Connections that are over. */
  endings = 0
  /** Stops reading when it has got this message. */
  stopAt = Number.POSITIVE_INFINITY
  closed = false
  /** Where the durable form stands. */
  #position = 'now'
  #excused = false
  #left = false
  #socket: Socket
  #rest: Buffer = Buffer.alloc(0)
  #notify: (() => void) | undefined
  readonly #port: number

  private constructor(port: number, form: Form) {
    this.form = form
    this.#port = port
    this.#socket = this.#open(form.query)
  }

  /** Resolves when the server has answered. */
  static async open(port: number, form: Form): Promise<SlowReader> {
    const reader = new SlowReader(port, form)
    await once(reader.#socket, 'data')
    return reader
  }

  get stopped(): boolean {
    return this.#socket.isPaused()
  }

  /** Goes on reading to the end. */
  goOn(): void {
    this.stopAt = Number.POSITIVE_INFINITY
    this.#socket.resume()
  }

  /** Resolves when the reader has got message `n`, has been sent away, or is gone. */
  async until(n: number): Promise<void> {
    while (this.last < n && !this.over) {
      await new Promise<void>((resolve) => {
        this.#notify = resolve
      })
    }
  }

  /** Nothing more will come. */
  get over(): boolean {
    return this.closed || this.gaps.at(-1)?.reason === 'slow'
  }

  /** Messages that announced gaps have left out. */
  get missed(): number {
    return this.gaps.reduce((sum, { missed = 0 }) => sum + missed, 0)
  }

  leave(): void {
    this.#left = true
    this.#socket.destroy()
  }

  #open(query: string): Socket {
    const socket = connect(this.#port, '127.0.0.1')
    socket.write(request('GET', `/channels/feed${query}`, this.form.headers))
    socket.on('error', () => undefined)
    socket.on('data', (bytes) => this.#take(bytes))
    socket.on('close', () => this.#end())
    return socket
  }

  #take(bytes: Buffer): void {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    const kept = this.#scan(this.#rest.subarray(0, this.#whole(this.#rest)))
    // Copied, so that a few bytes do not hold the whole chunk.
    this.#rest = Buffer.from(this.#rest.subarray(kept))
    if (this.last >= this.stopAt) this.#socket.pause()
    // What a client does, and without which the server waits.
    if (this.form.name.includes('WebSocket') && closeCode(this.#rest) !== undefined) this.#socket.end()
    this.#tell()
  }

  /** How much of it counts: a durable reader takes messages together with the position that follows them. PROTOCOL.md 3.3. */
  #whole(bytes: Buffer): number {
    if (this.form.name !== 'durable SSE') return bytes.length
    const placed = bytes.lastIndexOf(place)
    const end = placed + place.length + offsetBytes
    return placed < 0 ? 0 : bytes.length >= end ? end : placed
  }

  /** Notes what is whole, and answers where the rest begins. */
  #scan(bytes: Buffer): number {
    let at = 0
    let gap = bytes.indexOf(reason)
    let message = bytes.indexOf(number)
    for (;;) {
      if (gap >= 0 && (message < 0 || gap < message)) {
        const end = bytes.indexOf('}', gap)
        if (end < 0) return gap
        this.#lost(JSON.parse(`{${bytes.toString('utf8', gap, end)}}`) as Announced)
        at = end
        gap = bytes.indexOf(reason, at)
      } else if (message >= 0) {
        if (bytes.length < message + 48) return message
        this.#got(bytes.toString('latin1', message, message + 48))
        at = message + 48
        message = bytes.indexOf(number, at)
      } else break
    }
    const placed = bytes.lastIndexOf(place)
    if (placed >= 0 && bytes.length >= placed + place.length + offsetBytes)
      this.#position = bytes.toString('latin1', placed + place.length, placed + place.length + offsetBytes)
    return Math.max(at, bytes.length - 160)
  }

  #got(head: string): void {
    const [, n, t] = /^\{"n":(\d+),"t":(\d+)/.exec(head)!.map(Number) as [number, number, number]
    if (n !== this.last + 1 && !(this.#excused && n > this.last)) this.wrong.push(`${n} after ${this.last}`)
    this.#excused = false
    this.last = n
    this.received++
    if (this.timed) this.delays.push(Number(process.hrtime.bigint() / 1000n - BigInt(t)) / 1000)
  }

  #lost(gap: Announced): void {
    this.gaps.push(gap)
    this.#excused = true
  }

  /** The response is over: the durable form asks for the rest, the others are told why in the last frame or not at all. */
  #end(): void {
    this.endings++
    const code = closeCode(this.#rest)
    if (code !== undefined) this.ends.push(code)
    this.#rest = Buffer.alloc(0)
    if (this.form.name !== 'durable SSE' || this.#left) {
      this.closed = true
      this.#tell()
    } else void this.#resume()
  }

  /** A durable reader whose response has ended asks for what follows, or for where that begins. */
  async #resume(): Promise<void> {
    const url = `http://127.0.0.1:${this.#port}/channels/feed`
    const answer = await fetch(`${url}?offset=${this.#position}`)
    await answer.arrayBuffer()
    if (answer.status === 410) {
      this.ends.push(410)
      this.#position = answer.headers.get('stream-next-offset')!
      this.#excused = true
      this.gaps.push({ reason: 'trimmed', to: this.#position })
    }
    this.#socket = this.#open(`?live=sse&offset=${this.#position}`)
  }

  #tell(): void {
    const notify = this.#notify
    this.#notify = undefined
    notify?.()
  }
}

/** The code of a close frame at the very end of what came. */
function closeCode(bytes: Buffer): number | undefined {
  for (let at = Math.max(0, bytes.length - 127); at < bytes.length - 3; at++) {
    if (bytes[at] === 0x88 && bytes[at + 1] === bytes.length - at - 2) return bytes.readUInt16BE(at + 2)
  }
  return undefined
}
