/** Lists of statistics as one event stream: what the dashboard follows. */
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import { AnywireError } from '../../protocol/error.js'
import type { Hub } from '../../server/hub.js'
import { isList } from './acts.js'

export const streamPath = '/api/stream'

/** Streams of one internal port, and lists of one stream. */
const mostStreams = 50
const mostChannels = 4
const usualStallMs = 30_000

/** What an event says, as JSON: without a key all that was told of the channel is void. */
export interface StreamEvent {
  readonly channel: string
  readonly key?: string
  /** Absent: the key is gone. */
  readonly entry?: unknown
}

export class Streams {
  readonly #hub: Hub
  readonly #stallMs: number
  #open = 0

  /** `stallMs`: a reader who takes nothing for so long is let go. */
  constructor(hub: Hub, stallMs = usualStallMs) {
    this.#hub = hub
    this.#stallMs = stallMs
  }

  /** Streams that are being read. */
  get open(): number {
    return this.#open
  }

  /** @throws AnywireError `bad-request`, `too-many` */
  start(response: ServerResponse, query: URLSearchParams): void {
    const channels = [...new Set(query.getAll('channel'))]
    if (channels.length === 0 || channels.length > mostChannels || !channels.every(isList)) {
      const sentence = `"channel" names 1 to ${mostChannels} of $stats, $connections and $channels, or of what is searched for there.`
      throw new AnywireError('bad-request', sentence)
    }
    if (this.#open >= mostStreams) {
      throw new AnywireError('too-many', `${mostStreams} streams are read already.`, { details: { retryMs: 5_000 } })
    }
    this.#open++
    const stop = new AbortController()
    response.on('error', () => undefined)
    response.once('close', () => {
      this.#open--
      stop.abort()
    })
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    response.flushHeaders()
    const out = new Events(response, this.#stallMs)
    for (const channel of channels) void this.#follow(channel, out, stop.signal)
  }

  /** Throws nothing: what goes wrong ends the stream. */
  async #follow(channel: string, out: Events, signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) {
        await out.say({ channel })
        for await (const item of this.#hub.subscribe(channel, { from: 'snapshot', signal })) {
          if (item.kind === 'gap') break // it was too slow: told anew
          const { key = '', data } = item
          await out.say({ channel, key, ...(data !== undefined && { entry: data }) })
        }
      }
    } catch (thrown) {
      const { code, message } = AnywireError.from(thrown)
      out.end({ code, message })
    }
  }
}

/** Events of one turn leave in one write. */
class Events {
  readonly #response: ServerResponse
  readonly #stallMs: number
  #waiting = ''
  #flushing: Promise<void> | undefined

  constructor(response: ServerResponse, stallMs: number) {
    this.#response = response
    this.#stallMs = stallMs
  }

  /** Resolves when there is room for more. */
  say(event: StreamEvent): Promise<void> | undefined {
    this.#waiting += `data: ${JSON.stringify(event)}\n\n`
    this.#flushing ??= this.#flush()
    return this.#waiting.length > 65_536 ? this.#flushing : undefined
  }

  end(error: object): void {
    this.#response.end(`${this.#waiting}event: refused\ndata: ${JSON.stringify(error)}\n\n`)
  }

  async #flush(): Promise<void> {
    await setImmediate()
    const text = this.#waiting
    this.#waiting = ''
    const response = this.#response
    if (!response.destroyed && !response.write(text)) await roomIn(response, this.#stallMs)
    this.#flushing = undefined
    if (this.#waiting !== '') this.#flushing = this.#flush()
  }
}

/** Resolves when there is room again, or nobody is there any more: who takes nothing for `stallMs` is let go. */
async function roomIn(response: ServerResponse, stallMs: number): Promise<void> {
  const over = new AbortController()
  const late = setTimeout(() => response.destroy(), stallMs)
  const events = ['drain', 'close'].map((event) => once(response, event, { signal: over.signal }))
  await Promise.race(events).catch(() => undefined)
  clearTimeout(late)
  over.abort()
}
