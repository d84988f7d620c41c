/** The links over POST: an event stream that stays open, or polls one after another; publishes go by POSTs of their own. */
import type { PublishRequest, ServerFrame } from '../../protocol/anywire-frame.js'
import { AnywireError } from '../../protocol/error.js'
import { aheadOf } from '../clock.js'
import { changes, type Link, type LinkOptions, late, type Measured, type Readings, readingOf } from '../link.js'
import { watch } from '../liveness.js'
import { eventReader } from './events.js'
import { type PostBody, post, type Token } from './post.js'

/** Publishes in one request at most. */
const batch = 50

/**
 * Proven by a request without readings: messages may fill the buffer of a proxy that lets nothing else pass. To read another set a new request
 * is made, and the one before is left when that is answered: what comes twice is told by its position.
 */
export function openOverPost(
  transport: 'stream' | 'poll',
  { url, token: first, times, events, received }: LinkOptions,
): Link {
  const began = performance.now()
  let token: Token | typeof first = first
  let wanted: Readings = new Map()
  /** The set of the newest request. */
  let asked = wanted
  /** The request that is read, and the one that is to take its place and has not been answered yet. */
  let current: AbortController | undefined
  let next: AbortController | undefined
  const publishes = new AbortController()
  const waiting: PublishRequest[] = []
  let publishing = false

  const lose = (error: AnywireError) => {
    if (publishes.signal.aborted) return
    link.close()
    events.lost(error)
  }

  const liveness = watch(events.silent)

  /** It is to be answered, or the link is lost. */
  const limit = (waitMs = 0) => setTimeout(lose, times.answerMs + waitMs, late())

  const framesOf = async (own: AbortController, body: PostBody): Promise<ServerFrame[]> => {
    const timer = limit(body.waitMs)
    try {
      const text = await (await post(url, token, 'application/json', body, own)).text()
      received(text.length)
      return JSON.parse(text)
    } finally {
      clearTimeout(timer)
    }
  }

  const ask = async () => {
    const own = new AbortController()
    const { signal } = own
    const readings = wanted
    const body = (waitMs?: number) => ({ subscribe: [...readings.values()], waitMs })
    const sentAt = performance.now()
    const timer = limit()
    asked = readings
    next = own

    const answered = (time?: number) => {
      clearTimeout(timer)
      link.roundTripMs = performance.now() - sentAt
      link.aheadMs = time && aheadOf(time, link.roundTripMs)
      current?.abort()
      current = own
      next = undefined
      if (!link.connectMs) {
        link.connectMs = performance.now() - began
        events.proven()
      }
      link.read(wanted)
    }
    const hear = (frame: ServerFrame) => {
      if (!signal.aborted) events.frame(frame, readingOf(frame, readings))
    }
    try {
      if (transport === 'stream') {
        const response = await post(url, token, 'text/event-stream', body(), own)
        const reader = response.body!.getReader()
        const read = eventReader((data) => {
          const frame: ServerFrame = JSON.parse(data)
          if (frame.type === 'welcome') {
            liveness.expect(frame.heartbeatMs)
            answered(frame.time)
          }
          hear(frame)
        })
        for (;;) {
          const { value } = await reader.read()
          if (!value) throw errorOf()
          received(value.length)
          liveness.heard()
          read(value)
        }
      }
      // The first is answered at once.
      for (let waitMs = 0; !waitMs || (readings.size > 0 && !signal.aborted); waitMs = times.pollMs) {
        const frames = await framesOf(own, body(waitMs))
        if (!waitMs) answered()
        frames.forEach(hear)
      }
    } catch (thrown) {
      clearTimeout(timer)
      if (!signal.aborted) lose(errorOf(thrown))
    }
  }

  const send = async () => {
    publishing = true
    let most = batch
    while (waiting.length > 0) {
      const publish = waiting.splice(0, most)
      try {
        const frames = await framesOf(publishes, { publish })
        for (const frame of frames) events.frame(frame)
      } catch (thrown) {
        const error = errorOf(thrown)
        if (error.meaning.retry !== 'never') return lose(error)
        // What the server would never take is found one by one, so that it does not hold up the others.
        if (publish.length > 1) {
          most = 1
          waiting.unshift(...publish)
        } else events.frame({ type: 'error', ...error.toJSON(), id: publish[0]!.id })
      }
    }
    publishing = false
  }

  const link: Measured = {
    transport,
    connectMs: 0,
    roundTripMs: 0,
    read(readings) {
      wanted = new Map(readings)
      if (!next && !publishes.signal.aborted && changes(asked, wanted).length > 0) void ask()
    },
    publish(requests) {
      waiting.push(...requests)
      if (!publishing) void send()
    },
    authenticate(fresh) {
      token = fresh
      asked = new Map()
      link.read(wanted)
    },
    close() {
      liveness.stop()
      for (const one of [publishes, current, next]) one?.abort()
    },
  }
  void ask()
  return link
}

function errorOf(thrown?: unknown): AnywireError {
  if (thrown instanceof AnywireError) return thrown
  return new AnywireError('unavailable', 'The server cannot be reached, or broke off.', { cause: thrown })
}
