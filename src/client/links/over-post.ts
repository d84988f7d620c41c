/** The links over POST: an event stream that stays open, or polls one after another; publishes go by POSTs of their own. */
import type { FrameId, PublishRequest, ServerFrame } from '../../protocol/anywire-frame.js'
import { AnywireError } from '../../protocol/error.js'
import { aheadOf } from '../clock.js'
import { changes, type Link, type LinkOptions, type Readings, readingOf, tooLarge } from '../link.js'
import { type Liveness, watch } from '../liveness.js'
import { eventReader } from './events.js'
import { Lanes, type Parcel } from './lanes.js'
import { errorOf, framesBy, limit, post, type Token } from './post.js'

type Welcome = Extract<ServerFrame, { type: 'welcome' }>

/** Publishes in one request at most. */
const batch = 50
/** Requests with publishes at once, each with those of one channel. */
const mostRequests = 16
/** A browser has six connections to a host over HTTP/1.1, which `http:` means: some are left for what is read. */
const mostOverHttp1 = 3
/** What stands around the publishes in a body. */
const envelopeBytes = 100
/** A publish that is too large for a proxy alone is sent so often, at growing intervals. */
const mostTooLarge = 4
/** A server holds an answer that brings nothing. Where none is held for so long, the next polls are spaced. */
const heldMs = 100
const mostSpacedMs = 5_000

/**
 * Proven by a request without readings: messages may fill the buffer of a proxy that lets nothing else pass. To read another set a new request
 * is made, and the one before is left when that is answered: what comes twice is told by its position.
 */
export class OverPost implements Link {
  readonly transport: 'stream' | 'poll'
  connectMs = 0
  roundTripMs = 0
  aheadMs: number | undefined
  readonly #options: LinkOptions
  readonly #began = performance.now()
  readonly #liveness: Liveness
  readonly #lanes: Lanes
  #token: Token | Promise<Token>
  #wanted: Readings = new Map()
  /** The set of the newest request. */
  #asked = this.#wanted
  /** The request that is read, and the one that is to take its place and has not been answered yet. */
  #current: AbortController | undefined
  #next: AbortController | undefined
  /** Requests that bring publishes, or look whether the server answers. */
  readonly #others = new Set<AbortController>()
  #over = false

  constructor(transport: 'stream' | 'poll', options: LinkOptions) {
    this.transport = transport
    this.#options = options
    this.#token = options.token
    this.#liveness = watch(options.events.silent)
    const crowded = options.url.startsWith('http:') && 'location' in globalThis
    this.#lanes = new Lanes({
      most: crowded ? mostOverHttp1 : mostRequests,
      ofChannel: (room) => Math.min(room, 1),
      batch,
      deliver: (parcels) => this.#deliver(parcels),
      refuse: (id) => this.#refuse(id, tooLarge(this.#lanes.mostBytes)),
    })
    void this.#ask()
  }

  read(readings: Readings): void {
    this.#wanted = new Map(readings)
    if (!this.#next && !this.#over && changes(this.#asked, this.#wanted).length > 0) void this.#ask()
  }

  publish(requests: readonly PublishRequest[]): void {
    this.#lanes.add(requests)
  }

  authenticate(token: string): void {
    this.#token = token
    this.#asked = new Map()
    this.read(this.#wanted)
  }

  close(): void {
    this.#over = true
    this.#liveness.stop()
    for (const one of [this.#current, this.#next, ...this.#others]) one?.abort()
  }

  #lose(error: AnywireError): void {
    if (this.#over) return
    this.close()
    this.#options.events.lost(error)
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
      // One that was left has no reason of ours.
      if (!own.signal.aborted || own.signal.reason instanceof AnywireError) this.#lose(errorOf(thrown, own))
    }
  }

  async #stream(own: AbortController, readings: Readings): Promise<void> {
    const sentAt = performance.now()
    const { url, times, received } = this.#options
    const timer = limit(own, times.answerMs)
    let welcomed = false
    const read = eventReader((data) => {
      const frame: ServerFrame = JSON.parse(data)
      if (frame.type === 'welcome') {
        clearTimeout(timer)
        welcomed = true
        this.#liveness.expect(frame.heartbeatMs)
        this.#welcomed(own, frame, sentAt)
      } else if (welcomed) this.#hear(own, frame, readings)
    })
    try {
      const body = JSON.stringify({ subscribe: [...readings.values()] })
      const response = await post(url, this.#token, 'text/event-stream', body, own.signal)
      const reader = response.body!.getReader()
      for (;;) {
        const { value } = await reader.read()
        if (!value) throw errorOf()
        received(value.length)
        this.#liveness.heard()
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
    for (let waitMs = 0; !waitMs || (readings.size > 0 && !signal.aborted); waitMs = this.#options.times.pollMs) {
      const sentAt = performance.now()
      const body = JSON.stringify({ subscribe: [...readings.values()], waitMs, welcome: true })
      const [welcome, ...frames] = await this.#framesOf(own, body, waitMs)
      // Whoever does not begin with it is not the hub.
      if (welcome?.type !== 'welcome') throw errorOf()
      if (waitMs) this.#hear(own, welcome, readings)
      else this.#welcomed(own, welcome, sentAt)
      for (const frame of frames) this.#hear(own, frame, readings)
      const held = frames.length > 0 || !waitMs || performance.now() - sentAt > heldMs
      spacedMs = held ? heldMs : Math.min(spacedMs * 2, mostSpacedMs)
      if (!held) await pause(spacedMs)
    }
  }

  /** The server has answered, and said who we are: what was asked takes the place of what was read before. */
  #welcomed(own: AbortController, welcome: Welcome, sentAt: number): void {
    this.roundTripMs = performance.now() - sentAt
    this.aheadMs = aheadOf(welcome.time, this.roundTripMs)
    this.#lanes.allow(welcome, envelopeBytes, this.#options.frameBytes)
    this.#hear(own, welcome)
    if (own.signal.aborted || this.#over) return
    this.#current?.abort()
    this.#current = own
    this.#next = undefined
    if (!this.connectMs) {
      this.connectMs = performance.now() - this.#began
      this.#options.events.proven()
    }
    this.read(this.#wanted)
  }

  #hear({ signal }: AbortController, frame: ServerFrame, readings?: Readings): void {
    if (!signal.aborted) this.#options.events.frame(frame, readings && readingOf(frame, readings))
  }

  #framesOf(own: AbortController, body: string, moreMs = 0): Promise<ServerFrame[]> {
    const { url, times, received } = this.#options
    return framesBy(times.answerMs + moreMs, url, this.#token, body, own, received)
  }

  /** Parcels of one channel. */
  async #deliver(parcels: readonly Parcel[], tries = 1): Promise<void> {
    const own = new AbortController()
    this.#others.add(own)
    try {
      const principal = this.#options.principal()
      const whom = principal ? `,"principal":${JSON.stringify(principal)}` : ''
      const body = `{"publish":[${parcels.map(({ text }) => text)}]${whom}}`
      // Waits for longer than the server waits for a rule: it may tell what came of it.
      const frames = await this.#framesOf(own, body, this.#options.times.answerMs)
      if (parcels.some(({ id }) => !frames.some((frame) => (frame as { id?: FrameId })?.id === id))) throw errorOf()
      for (const frame of frames) if (!this.#over) this.#options.events.frame(frame)
    } catch (thrown) {
      if (!this.#over) await this.#failed(parcels, errorOf(thrown, own), tries)
    } finally {
      this.#others.delete(own)
    }
  }

  async #failed(parcels: readonly Parcel[], error: AnywireError, tries: number): Promise<void> {
    const { code, details, meaning } = error
    if (code === 'timeout') {
      // Are other requests answered? If not, the link is lost, and these are not to blame.
      await this.#look()
      if (!this.#over) for (const { id } of parcels) this.#refuse(id, error)
      return
    }
    if (meaning.retry !== 'never') return this.#lose(error)
    // What cannot pass is found one by one, so that it does not hold up the others.
    if (parcels.length > 1) for (const parcel of parcels) await this.#deliver([parcel])
    else if (details.retryMs && tries < mostTooLarge) {
      await pause(details.retryMs * 2 ** (tries - 1))
      if (!this.#over) await this.#deliver(parcels, tries + 1)
    } else this.#refuse(parcels[0]!.id, error)
  }

  /** Loses the link if the server does not answer. */
  async #look(): Promise<void> {
    const own = new AbortController()
    this.#others.add(own)
    try {
      await this.#framesOf(own, '{"welcome":true}')
    } catch (thrown) {
      this.#lose(errorOf(thrown, own))
    } finally {
      this.#others.delete(own)
    }
  }

  #refuse(id: FrameId, error: AnywireError): void {
    this.#options.events.frame({ type: 'error', ...error.toJSON(), id })
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
