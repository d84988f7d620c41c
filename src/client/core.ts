/** The core: serves any number of clients (this thread's, a worker's page, the tabs of an origin) over one connection. */
import type { ServerFrame } from '../protocol/anywire-frame.js'
import { AnywireError } from '../protocol/error.js'
import { microsOf } from '../protocol/offset.js'
import { wallMs } from './clock.js'
import { createEngine } from './engine.js'
import { createFeeds } from './feeds.js'
import { Policy } from './policy.js'
import type { ClientPort, CoreOptions, FromCore, PortError, ToCore } from './port.js'
import { createSeat, type Seat } from './seat.js'
import type { Stats } from './stats.js'
import { usualTimes } from './times.js'

export interface Core {
  /** Serves a client; what it says goes to the function that is answered. */
  attach(port: ClientPort): (message: ToCore) => void
  close(): void
}

const statsMs = 1_000
const mostDecisions = 20

export function createCore({ url, transports, memory, ...options }: CoreOptions): Core {
  const times = { ...usualTimes, ...options.times }
  const seats = new Map<number, Seat>()
  const decisions: string[] = []
  let asked: ((answer: Extract<ToCore, { type: 'token' }>) => void)[] = []
  let attached = 0
  let failure: AnywireError | undefined
  let changed = false
  let pushMs: number | undefined
  /** Since when messages can have been on their way, by the server's clock. */
  let linkedAt = 0
  let told = ''
  let timer: ReturnType<typeof setInterval> | undefined

  const tell = (message: FromCore) => {
    for (const { port } of seats.values()) port.send(message)
  }

  /** Every client of this core is the same principal: the first answer will do. */
  const token = () =>
    new Promise<string | undefined>((resolve, reject) => {
      asked.push(({ token, error }) => (error ? reject(AnywireError.fromJSON(error)) : resolve(token)))
      tell({ type: 'token' })
    })

  const feeds = createFeeds({
    aside: (...of) => engine.aside(...of),
    // Readings that come and go in one turn leave as one request.
    changed() {
      if (changed) return
      changed = true
      queueMicrotask(() => {
        changed = false
        if (feeds.readings.size > 0 || engine.link) engine.want()
      })
    },
  })

  const engine = createEngine({
    url,
    times,
    policy: new Policy({ transports, times, memory, learnt: (memory) => tell({ type: 'learnt', memory }) }),
    token,
    readings: feeds.readings,
    frame(frame, reading) {
      if ('id' in frame && (frame.type === 'published' || frame.type === 'error')) answered(frame)
      else {
        if (frame.type === 'messages') measure(frame.messages.at(-1)?.offset)
        feeds.frame(frame, reading)
      }
    },
    linked() {
      linkedAt = wallMs() + (engine.link?.aheadMs ?? 0)
      tell({ type: 'linked' })
    },
    changed(state, error) {
      failure = error
      tell({ type: 'state', state, error: error?.toJSON() })
      tellStats()
      if (state === 'closed') for (const seat of seats.values()) seat.end(error)
    },
    decided(sentence) {
      if (decisions.push(sentence) > mostDecisions) decisions.shift()
    },
  })

  /** The id of a publish names the seat and what the client there calls it. */
  const answered = ({ type, id: both, ...rest }: Extract<ServerFrame, { type: 'published' | 'error' }>) => {
    const { channel, ...answer } = rest
    const [place, id] = String(both).split(' ').map(Number)
    const port = seats.get(place!)?.port
    if (type === 'published') port?.send({ ...answer, type, id: id! })
    else port?.send({ type: 'refused', id: id!, error: answer as PortError })
  }

  /** What was read from history says nothing of delays. */
  const measure = (offset = '') => {
    const { link } = engine
    if (link?.aheadMs === undefined) return
    const appendedAt = microsOf(offset) / 1000
    if (appendedAt > linkedAt) pushMs = Math.max(0, wallMs() + link.aheadMs - appendedAt - link.roundTripMs / 2)
  }

  const tellStats = () => {
    const { link, received, reconnects } = engine
    const stats: Stats = {
      transport: link?.transport,
      connectMs: link?.connectMs,
      roundTripMs: link?.roundTripMs,
      transferMs: link && link.roundTripMs / 2,
      pushMs,
      bytes: received,
      messages: feeds.messages,
      reconnects,
      gaps: feeds.gaps,
      decisions: [...decisions],
    }
    const text = JSON.stringify(stats)
    if (text !== told) tell({ type: 'stats', stats })
    told = text
  }

  return {
    attach(port) {
      const seat = createSeat(port, feeds)
      const place = ++attached
      seats.set(place, seat)
      port.send({ type: 'state', state: engine.state, error: failure?.toJSON() })
      if (asked.length > 0) port.send({ type: 'token' })
      if (engine.link) port.send({ type: 'linked' })
      timer ??= setInterval(tellStats, statsMs)
      return (message) => {
        switch (message.type) {
          case 'subscribe':
            return message.wishes.forEach(seat.subscribe)
          case 'unsubscribe':
            return message.ids.forEach(seat.unsubscribe)
          case 'consumed':
            return seat.took(message.id, message.count)
          case 'publish':
            // Without a link it is a wish: the client sends again when there is one.
            if (!engine.link) engine.want()
            return engine.link?.publish(message.requests.map((one) => ({ ...one, id: `${place} ${one.id}` })))
          case 'token':
            for (const answer of asked) answer(message)
            asked = []
            return
          case 'hurry':
            return engine.hurry()
          case 'close':
            if (!seats.delete(place)) return
            seat.leave()
            if (seats.size > 0) return
            clearInterval(timer)
            timer = undefined
            engine.rest()
        }
      }
    },
    close() {
      clearInterval(timer)
      engine.close()
    },
  }
}
