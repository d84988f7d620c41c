/** The links over POST: one event stream, or polls one after another. Publishes are POSTs of their own. */
import type { FrameId, ServerFrame } from '../../protocol/anywire-frame.js'
import type { AnywireError } from '../../protocol/error.js'
import { askedMs, late, pause } from '../deadline.js'
import { changes, type Link, type LinkOptions, type Readings, readingOf } from '../link.js'
import { watch } from '../liveness.js'
import { AnyLink } from './any-link.js'
import { eventReader } from './events.js'
import { LinkLanes, type Parcel } from './lanes.js'
import { errorOf, framesOf, post, type Token } from './post.js'

type Welcome = Extract<ServerFrame, { type: 'welcome' }>

/** Publishes in one request at most. */
const batch = 50
/** Requests with publishes at once, each with those of one channel. */
const maxRequests = 16
/** A browser has six connections to a host over HTTP/1.1, which `http:` means: some are left for what is read. */
const maxOverHttp1 = 3
/** What stands around the publishes in a body. */
const envelopeBytes = 100
/** A publish that is too large for a proxy alone is sent so often, at growing intervals. */
const maxTooLarge = 4
/** A server holds an answer that brings nothing. Where none is held for so long, the next polls are spaced. */
const heldMs = 100
const maxSpacedMs = 5_000

/**
 * Proven by a request without readings: messages may fill the buffer of a proxy that lets nothing else pass. To read
 * another set a new request is made, and the one before is left when that is answered: what comes twice is told by its
 * position.
 */
export class OverPost extends AnyLink implements Link {
  readonly transport: 'stream' | 'poll'
  protected readonly liveness = watch(this.options.patience, this.options.events.silent)
  protected readonly lanes = new LinkLanes(
    {
      max: this.options.url.startsWith('http:') && 'location' in globalThis ? maxOverHttp1 : maxRequests,
      ofChannel: 1,
      batch,
      deliver: (parcels) => this.#deliver(parcels),
    },
    this.options,
  )
  #token: Token | Promise<Token>
  #wanted: Readings = new Map()
  /** The set of the newest request. */
  #asked = this.#wanted
  /** The request that is read, and the one that is to take its place and has not been answered yet. */
  #current: AbortController | undefined
  #next: AbortController | undefined
  /** Ends the requests that bring publishes, or look whether the server answers. */
  readonly #ended = new AbortController()

  constructor(transport: 'stream' | 'poll', options: LinkOptions) {
    super(options)
    this.transport = transport
    this.#token = options.token
    void this.#ask()
  }

  read(readings: Readings): void {
    this.#wanted = new Map(readings)
    if (!this.#next && !this.over && changes(this.#asked, this.#wanted).length > 0) void this.#ask()
  }

  authenticate(token: string): void {
    this.#token = token
    this.#asked = new Map()
    this.read(this.#wanted)
  }

  override close(): void {
    super.close()
    for (const one of [this.#current, this.#next, this.#ended]) one?.abort()
  }

  async #ask(): Promise<void> {
    const own = new AbortController()
    const readings = this.#wanted
    this.#asked = readings
    this.#next = own
    try {
      if (this.transport === 'stream') await this.#stream(own, readings)
      else await this.#poll(own, readings)
    } catch (thrown) {
      if (!own.signal.aborted) this.lose(errorOf(thrown))
    }
  }

  async #stream(own: AbortController, readings: Readings): Promise<void> {
    const sentAt = performance.now()
    const { url, times, received, patience } = this.options
    const [timer, answered] = patience.wait('stream', times.answerMs, () => this.lose(late()))
    let welcomed = false
    const read = eventReader((data) => {
      const frame: ServerFrame = this.options.json.parse(data)
      if (frame.type === 'welcome') {
        answered()
        welcomed = true
        this.liveness.expect(frame.heartbeatMs)
        this.#welcomed(own, frame, sentAt)
      } else if (welcomed) this.#receive(own, frame, readings)
    })
    try {
      const body = JSON.stringify({ subscribe: [...readings.values()] })
      const response = await post(url, this.#token, 'text/event-stream', body, own.signal)
      const reader = response.body!.getReader()
      for (;;) {
        const { value } = await reader.read()
        if (!value) throw errorOf()
        received(value.length)
        this.liveness.received()
        read(value)
      }
    } finally {
      clearTimeout(timer)
    }
  }

  async #poll(own: AbortController, readings: Readings): Promise<void> {
    const { signal } = own
    let spacedMs = heldMs
    // The first is answered at once.
    for (let waitMs = 0; !waitMs || (readings.size > 0 && !signal.aborted); waitMs = this.options.times.pollMs) {
      const sentAt = performance.now()
      const body = JSON.stringify({ subscribe: [...readings.values()], waitMs, welcome: true })
      // A request without readings is quick where one with many is slow: each has a patience of its own.
      const kind = waitMs ? 'held poll' : readings.size > 0 ? 'poll' : 'proof'
      const [welcome, ...frames] = await this.#framesOf(kind, signal, body, waitMs)
      // Whoever does not begin with it is not the hub.
      if (welcome?.type !== 'welcome') throw errorOf()
      if (waitMs) this.#receive(own, welcome, readings)
      else this.#welcomed(own, welcome, sentAt)
      for (const frame of frames) this.#receive(own, frame, readings)
      const held = frames.length > 0 || !waitMs || performance.now() - sentAt > heldMs
      spacedMs = held ? heldMs : Math.min(spacedMs * 2, maxSpacedMs)
      if (!held) await pause(spacedMs)
    }
  }

  /** The server has answered: this request replaces the one that was read before. */
  #welcomed(own: AbortController, welcome: Welcome, sentAt: number): void {
    this.returned(sentAt, welcome.time)
    this.lanes.allow(welcome, envelopeBytes, this.options.frameBytes)
    this.#receive(own, welcome)
    if (own.signal.aborted || this.over) return
    this.#current?.abort()
    this.#current = own
    this.#next = undefined
    this.prove()
    this.read(this.#wanted)
  }

  #receive({ signal }: AbortController, frame: ServerFrame, readings?: Readings): void {
    if (!signal.aborted) this.options.events.frame(frame, readings && readingOf(frame, readings))
  }

  #framesOf(kind: string, ended: AbortSignal, body: string, moreMs = 0): Promise<ServerFrame[]> {
    // What is published is for this server alone: who answers for it must not name another one.
    const server = kind === 'publish' ? { ...this.options, redirect: 'error' as const } : this.options
    return framesOf(kind, this.options.times.answerMs + moreMs, server, this.#token, body, ended)
  }

  /** Parcels of one channel. */
  async #deliver(parcels: readonly Parcel[], tries = 1): Promise<void> {
    const { events, principal, times } = this.options
    try {
      // For another principal they are refused. JSON leaves out one that is not known.
      const texts = parcels.map(({ text }) => text)
      const body = `${JSON.stringify({ principal: principal(), publish: [] }).slice(0, -2)}${texts}]}`
      // Waits for longer than the server waits for a rule, so that its answer arrives.
      const frames = await this.#framesOf('publish', this.#ended.signal, body, times.answerMs)
      if (parcels.some(({ id }) => !frames.some((frame) => (frame as { id?: FrameId })?.id === id))) throw errorOf()
      for (const frame of frames) if (!this.over) events.frame(frame)
    } catch (thrown) {
      if (!this.over) await this.#failed(parcels, errorOf(thrown), tries)
    }
  }

  async #failed(parcels: readonly Parcel[], error: AnywireError, tries: number): Promise<void> {
    const { code, details, meaning } = error
    if (code === 'timeout') {
      // If no other request is answered either, the link is lost, and these messages are not the cause.
      await this.#framesOf('proof', this.#ended.signal, '{"welcome":true}').catch((thrown) => this.lose(thrown))
      if (!this.over) for (const { id } of parcels) this.lanes.refuse(id, error)
      return
    }
    if (meaning.retry !== 'never') return this.lose(error)
    // What cannot pass is found one by one, so that it does not hold up the others.
    if (parcels.length > 1) for (const parcel of parcels) await this.#deliver([parcel])
    else if (details.retryMs && tries < maxTooLarge) {
      await pause(askedMs(details.retryMs, 0) * 2 ** (tries - 1))
      if (!this.over) await this.#deliver(parcels, tries + 1)
    } else for (const { id } of parcels) this.lanes.refuse(id, error)
  }
}
