/** The streaming link: one POST whose answer is an event stream of frames; publishes go by POSTs of their own. */
import type { PublishRequest, ServerFrame } from '../../protocol/anywire-frame.js'
import { AnywireError } from '../../protocol/error.js'
import { aheadOf } from '../clock.js'
import { isOfOther, type Link, type LinkOptions, type Readings, sameReadings } from '../link.js'
import { Liveness } from '../liveness.js'
import { eventReader } from './events.js'
import { Lane } from './lane.js'
import { post } from './post.js'

/** Proven by a first frame that came alone: the request went up, and few bytes came down before the answer was complete. @throws AnywireError */
export async function openStream(options: LinkOptions): Promise<Link> {
  const link = new StreamLink(options)
  await link.open()
  return link
}

class StreamLink implements Link {
  readonly transport = 'stream'
  connectMs = 0
  roundTripMs = 0
  aheadMs: number | undefined
  received = 0
  readonly #options: LinkOptions
  #over = false
  readonly #lane: Lane
  readonly #liveness: Liveness
  #token: string | undefined
  #proof: AbortController | undefined
  /** The stream that is read. */
  #current: AbortController | undefined
  /** The stream that is to take its place and has not answered yet. */
  #next: AbortController | undefined
  /** The set of the newest request, and that which is wanted. */
  #asked: Readings = new Map()
  #wanted: Readings = new Map()

  constructor(options: LinkOptions) {
    this.#options = options
    this.#token = options.token
    const { frame, silent } = options.events
    const lost = (error: AnywireError) => this.#lose(error)
    this.#lane = new Lane(options.times.answerMs, () => this.#where(), { frame, lost })
    this.#liveness = new Liveness({ silent })
  }

  async open(): Promise<void> {
    const { signal, readings } = this.#options
    const giveUp = () => this.close()
    signal.addEventListener('abort', giveUp, { once: true })
    this.#wanted = new Map(readings)
    await Promise.all([this.#ask(), readings.size > 0 && this.#prove()]).catch((thrown) => {
      this.close()
      throw thrown
    })
    signal.removeEventListener('abort', giveUp)
    this.connectMs = this.roundTripMs
  }

  /** Opens the new set, and closes the old one when the new has answered: what comes twice is told by its position. */
  read(readings: Readings): void {
    this.#wanted = new Map(readings)
    if (this.#next || this.#over || sameReadings(readings, this.#asked)) return
    this.#ask().catch((thrown) => this.#lose(AnywireError.from(thrown)))
  }

  publish(requests: readonly PublishRequest[]): void {
    this.#lane.publish(requests)
  }

  authenticate(token: string): void {
    this.#token = token
    this.#asked = new Map()
    this.read(this.#wanted)
  }

  close(): void {
    this.#liveness.stop()
    this.#over = true
    this.#lane.close()
    this.#current?.abort()
    this.#next?.abort()
    this.#proof?.abort()
  }

  #where() {
    return { url: this.#options.url, token: this.#token }
  }

  /** A stream without readings beside the one with them, whose messages may fill the buffer of a proxy that lets nothing else pass. */
  async #prove(): Promise<void> {
    const own = new AbortController()
    this.#proof = own
    const { body } = await post({ ...this.#where(), signal: own.signal }, 'text/event-stream', { subscribe: [] })
    const { done } = await body!.getReader().read()
    if (done) throw new AnywireError('unavailable', 'The event stream broke off.')
    own.abort()
  }

  /** Resolves with the first frame. */
  async #ask(): Promise<void> {
    this.#asked = this.#wanted
    const own = new AbortController()
    this.#next = own
    const began = performance.now()
    const asked = this.#asked
    const body = { subscribe: [...asked.values()] }
    const response = await post({ ...this.#where(), signal: own.signal }, 'text/event-stream', body)
    await new Promise<void>((resolve, reject) => {
      const welcome = (time: number) => {
        this.roundTripMs = performance.now() - began
        this.aheadMs = aheadOf(time, this.roundTripMs)
        this.#current?.abort()
        this.#current = own
        this.#next = undefined
        resolve()
      }
      const ended = (cause?: unknown) => {
        const error = new AnywireError('unavailable', 'The event stream broke off.', { cause })
        reject(error)
        if (!own.signal.aborted) this.#lose(error)
      }
      this.#pump(response, own.signal, asked, welcome).then(ended, ended)
    })
    this.read(this.#wanted)
  }

  async #pump(
    response: Response,
    signal: AbortSignal,
    asked: Readings,
    welcome: (time: number) => void,
  ): Promise<void> {
    const reader = response.body!.getReader()
    const read = eventReader((data) => {
      if (signal.aborted) return
      const frame: ServerFrame = JSON.parse(data)
      if (frame.type === 'welcome') {
        this.#liveness.expect(frame.heartbeatMs)
        welcome(frame.time)
      }
      if (!isOfOther(frame, asked, this.#wanted)) this.#options.events.frame(frame)
    })
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      this.received += part.value.length
      this.#liveness.heard()
      read(part.value)
    }
  }

  #lose(error: AnywireError): void {
    if (this.#over) return
    this.close()
    this.#options.events.lost(error)
  }
}
