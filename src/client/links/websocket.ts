/** The WebSocket link: one socket, `anywire.v1` frames both ways. Proven by a pong. */
import type { ClientFrame, FrameId, ServerFrame } from '../../protocol/anywire-frame.js'
import { AnywireError, codeOfClose } from '../../protocol/error.js'
import { changes, type Link, type LinkOptions, type Readings, readingOf } from '../link.js'
import { watch } from '../liveness.js'
import { AnyLink } from './any-link.js'
import { LinkLanes, type Parcel } from './lanes.js'
import { errorOf } from './post.js'
import { webSocketClass } from './web-socket-class.js'

/** What may stand in `Sec-WebSocket-Protocol` (RFC 9110 §5.6.2); another token goes in a frame. */
const headerToken = /^[\w!#$%&'*+.^`|~-]+$/
/** Publishes under way at most. A server reads nothing, pings neither, while it works on 64 of a connection. */
const maxUnderWay = 48
/** What stands around a publish in its frame. */
const envelopeBytes = 20

export class OverWebSocket extends AnyLink implements Link {
  readonly transport = 'websocket'
  protected readonly liveness = watch(this.options.patience, this.options.events.silent, () => this.#ping())
  protected readonly lanes = new LinkLanes(
    { max: maxUnderWay, ofChannel: maxUnderWay, batch: 1, deliver: ([parcel]) => this.#deliver(parcel!) },
    this.options,
  )
  /** Publishes that are not answered. */
  readonly #underWay = new Map<FrameId | undefined, { readonly bytes: number; readonly answered: () => void }>()
  #socket: WebSocket | undefined
  #welcomed = false
  #wanted: Readings = new Map()
  /** Of each `unsubscribed` that is to come, what is read after it; before them what is read now. */
  readonly #asked: [Readings, ...Readings[]] = [this.#wanted]
  #pingedAt = 0

  constructor(options: LinkOptions) {
    super(options)
    this.#open().catch((thrown) => this.lose(errorOf(thrown)))
  }

  /**
   * Asks once the server has told how much it takes: it refuses a frame with more channels as a whole.
   * What comes of a channel before it is known to be left is of its earlier reading.
   */
  read(readings: Readings): void {
    this.#wanted = readings
    if (!this.#welcomed || this.#socket?.readyState !== 1) return
    const wanted = new Map(readings)
    const channels = changes(this.#asked.at(-1)!, wanted)
    if (channels.length === 0) return
    this.#asked.push(wanted)
    const subscriptions = channels.flatMap((channel) => wanted.get(channel) ?? [])
    this.#send({ type: 'unsubscribe', channels })
    this.#send({ type: 'subscribe', subscriptions: subscriptions as never })
  }

  authenticate(token: string): void {
    this.#send({ type: 'auth', token })
  }

  override close(): void {
    super.close()
    this.#socket?.close()
  }

  async #open(): Promise<void> {
    const bearer = await this.options.token
    const WebSocketClass = await webSocketClass()
    if (this.over) return
    this.began = performance.now()
    const inHeader = bearer && headerToken.test(bearer)
    const protocols = inHeader ? ['anywire.v1', `anywire.token.${bearer}`] : ['anywire.v1']
    const socket = new WebSocketClass(this.options.url.replace(/^http/, 'ws'), protocols)
    this.#socket = socket
    socket.onopen = () => {
      if (bearer && !inHeader) this.authenticate(bearer)
      this.#ping()
    }
    socket.onerror = () => undefined // 'close' follows
    socket.onclose = ({ code, reason }) =>
      this.#closed(new AnywireError(codeOfClose(code), reason || `The WebSocket was closed with ${code}.`))
    socket.onmessage = ({ data }) => {
      if (this.over) return
      try {
        this.#received(this.options.json.parse(data), data.length)
      } catch (cause) {
        // Something between has written it, perhaps in the place of something else.
        this.lose(new AnywireError('unavailable', 'What came is no frame.', { cause }))
      }
    }
  }

  #closed(error: AnywireError): void {
    const sizes = [...this.#underWay.values()].map(({ bytes }) => bytes)
    this.lose(error, error.code === 'too-large' ? Math.max(0, ...sizes) : undefined)
  }

  #received(frame: ServerFrame, length: number): void {
    this.options.received(length)
    this.liveness.received()
    switch (frame.type) {
      case 'welcome':
        this.liveness.expect(frame.heartbeatMs)
        this.lanes.allow(frame, envelopeBytes, this.options.frameBytes)
        this.#welcomed = true
        break
      case 'pong':
        this.returned(this.#pingedAt, frame.time)
        if (this.#welcomed) this.prove()
        break
      case 'unsubscribed':
        this.#asked.shift()
        break
      case 'published':
      case 'error':
        this.#underWay.get(frame.id)?.answered()
    }
    this.options.events.frame(frame, readingOf(frame, this.#asked[0]))
    // Hearing of it, the core has spread what is read as the server takes it.
    if (frame.type === 'welcome') this.read(this.#wanted)
  }

  #deliver({ id, bytes, text }: Parcel): Promise<void> {
    this.#socket?.send(`{"type":"publish",${text.slice(1)}`)
    return new Promise((resolve) => {
      const answered = () => {
        this.#underWay.delete(id)
        resolve()
      }
      this.#underWay.set(id, { bytes, answered })
    })
  }

  #send(frame: ClientFrame): void {
    if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify(frame))
  }

  #ping(): void {
    this.#pingedAt = performance.now()
    this.#send({ type: 'ping' })
  }
}
