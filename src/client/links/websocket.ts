/** The WebSocket link: one socket, `anywire.v1` frames both ways. */
import type { ClientFrame, PublishRequest, ServerFrame } from '../../protocol/anywire-frame.js'
import { AnywireError, codeOfClose } from '../../protocol/error.js'
import type { ChannelName } from '../../protocol/name.js'
import { aheadOf } from '../clock.js'
import type { Link, LinkOptions, Readings } from '../link.js'
import { Liveness } from '../liveness.js'

/** What may stand in `Sec-WebSocket-Protocol` (RFC 9110 §5.6.2); another token goes in a frame. */
const headerToken = /^[\w!#$%&'*+.^`|~-]+$/

/** Proven by a pong. @throws AnywireError `unavailable` if it does not open or does not answer. */
export async function openWebSocket(options: LinkOptions): Promise<Link> {
  const { url, token, signal } = options
  const WebSocketClass = await webSocketClass()
  if (signal.aborted) throw new AnywireError('unavailable', 'The attempt was given up.')
  const inHeader = token !== undefined && headerToken.test(token)
  const protocols = inHeader ? ['anywire.v1', `anywire.token.${token}`] : ['anywire.v1']
  const link = new WebSocketLink(new WebSocketClass(url.replace(/^http/, 'ws'), protocols), options)
  await link.open(inHeader ? undefined : token)
  return link
}

/** The platform's own, or that of `ws` in Node before 22. @throws AnywireError that says what to install. */
async function webSocketClass(): Promise<typeof WebSocket> {
  if (typeof WebSocket !== 'undefined') return WebSocket
  try {
    const name = 'ws' // in a variable, so that bundlers leave it alone: browsers have their own
    return (await import(/* @vite-ignore */ /* webpackIgnore: true */ name)).WebSocket
  } catch (cause) {
    throw new AnywireError('not-acceptable', 'This platform has no WebSocket: run "npm install ws".', { cause })
  }
}

class WebSocketLink implements Link {
  readonly transport = 'websocket'
  connectMs = 0
  roundTripMs = 0
  aheadMs: number | undefined
  received = 0
  readonly #socket: WebSocket
  readonly #options: LinkOptions
  readonly #liveness: Liveness
  #reading: Readings = new Map()
  /** Subscribes that are not answered: until then what comes of the channel is of an earlier reading. */
  readonly #awaited = new Map<ChannelName, number>()
  #maxMessageBytes = Number.POSITIVE_INFINITY
  #pingedAt = 0
  #over = false

  constructor(socket: WebSocket, options: LinkOptions) {
    this.#socket = socket
    this.#options = options
    this.#liveness = new Liveness({ ask: () => this.#ping(), silent: () => options.events.silent() })
  }

  open(token: string | undefined): Promise<void> {
    const socket = this.#socket
    const { signal, readings, events } = this.#options
    const began = performance.now()
    return new Promise((resolve, reject) => {
      const fail = (error: AnywireError) => {
        this.close()
        reject(error)
      }
      let lose = fail
      const giveUp = () => fail(new AnywireError('unavailable', 'The attempt was given up.'))
      signal.addEventListener('abort', giveUp, { once: true })
      socket.onopen = () => {
        if (token !== undefined) this.authenticate(token)
        this.#ping()
        this.read(readings)
      }
      socket.onerror = () => undefined // 'close' follows
      socket.onclose = ({ code, reason }) => {
        if (!this.#over) lose(new AnywireError(codeOfClose(code), reason || `The WebSocket was closed with ${code}.`))
      }
      socket.onmessage = ({ data }) => {
        const frame = this.#take(data)
        if (frame === undefined || this.#over) return
        if (frame.type !== 'pong' || lose !== fail) return this.#isStale(frame) ? undefined : events.frame(frame)
        this.connectMs = performance.now() - began
        signal.removeEventListener('abort', giveUp)
        lose = (error) => {
          this.close()
          events.lost(error)
        }
        resolve()
      }
    })
  }

  read(readings: Readings): void {
    const gone = [...this.#reading.keys()].filter((channel) => !readings.has(channel))
    const fresh = [...readings.values()].filter((reading) => this.#reading.get(reading.channel) !== reading)
    this.#reading = new Map(readings)
    if (gone.length > 0) this.#send({ type: 'unsubscribe', channels: gone })
    for (const { channel } of fresh) this.#awaited.set(channel, (this.#awaited.get(channel) ?? 0) + 1)
    if (fresh.length > 0) this.#send({ type: 'subscribe', subscriptions: fresh as never })
  }

  publish(requests: readonly PublishRequest[]): void {
    for (const request of requests) {
      const { id = 0, channel } = request
      const text = JSON.stringify({ type: 'publish', ...request, id })
      // A frame over the server's limit would end the connection, again and again.
      if (text.length < 2 * this.#maxMessageBytes) this.#socket.send(text)
      else {
        const message = `A message has at most ${this.#maxMessageBytes} bytes.`
        this.#options.events.frame({ type: 'error', code: 'too-large', message, id, channel })
      }
    }
  }

  authenticate(token: string): void {
    this.#send({ type: 'auth', token })
  }

  close(): void {
    this.#over = true
    this.#liveness.stop()
    this.#socket.close()
  }

  /** @returns undefined for what is no frame of ours: something between has written it. */
  #take(data: unknown): ServerFrame | undefined {
    if (typeof data !== 'string') return undefined
    this.received += data.length
    this.#liveness.heard()
    let frame: ServerFrame
    try {
      frame = JSON.parse(data)
    } catch {
      return undefined
    }
    if (frame.type === 'welcome') {
      this.#liveness.expect(frame.heartbeatMs)
      this.#maxMessageBytes = frame.maxMessageBytes
    }
    if (frame.type === 'pong') {
      this.roundTripMs = performance.now() - this.#pingedAt
      this.aheadMs = aheadOf(frame.time, this.roundTripMs)
    }
    return frame
  }

  #isStale(frame: ServerFrame): boolean {
    if (!('channel' in frame) || frame.channel === undefined || 'id' in frame) return false
    const awaited = this.#awaited.get(frame.channel) ?? 0
    if (frame.type !== 'subscribed' && frame.type !== 'error') return awaited > 0
    this.#awaited.set(frame.channel, awaited - 1)
    if (awaited <= 1) this.#awaited.delete(frame.channel)
    return awaited > 1
  }

  #ping(): void {
    this.#pingedAt = performance.now()
    this.#send({ type: 'ping' })
  }

  #send(frame: ClientFrame): void {
    if (this.#socket.readyState === 1) this.#socket.send(JSON.stringify(frame))
  }
}
