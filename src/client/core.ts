/** The core: serves any number of clients (this thread's, a worker's page, the tabs of an origin) over one connection. */
import type { PublishRequest, ServerFrame } from '../protocol/anywire-frame.js'
import { AnywireError } from '../protocol/error.js'
import { microsOf } from '../protocol/offset.js'
import { wallMs } from './clock.js'
import { createEngine } from './engine.js'
import { type ChannelFrame, createFeeds } from './feeds.js'
import { openPoll } from './links/poll.js'
import { openStream } from './links/stream.js'
import { openWebSocket } from './links/websocket.js'
import { Policy } from './policy.js'
import type { ClientPort, CoreOptions, FromCore, ToCore } from './port.js'
import { createSeat, type Seat } from './seat.js'
import type { Stats } from './stats.js'
import { usualTimes } from './times.js'

export interface Core {
  /** Serves a client; what it says goes to the function that is answered. */
  attach(port: ClientPort): (message: ToCore) => void
  close(): void
}

type Answer = Extract<ServerFrame, { type: 'published' | 'error' }>

const statsMs = 1_000
const mostDecisions = 20

export function createCore({ url, transports, memory, ...options }: CoreOptions): Core {
  const times = { ...usualTimes, ...options.times }
  const seats = new Set<Seat>()
  /** Whose publish an id is. */
  const publishes = new Map<number, { readonly seat: Seat; readonly id: number }>()
  const decisions: string[] = []
  let asked: ((answer: Extract<ToCore, { type: 'token' }>) => void)[] = []
  let ids = 0
  let failure: AnywireError | undefined
  let changed = false
  let pushMs: number | undefined
  /** Since when messages can have been on their way, by the server's clock. */
  let linkedAt = 0
  let told = ''
  let timer: ReturnType<typeof setInterval> | undefined

  const tell = (message: FromCore) => {
    for (const { port } of seats) port.send(message)
  }

  /** Every client of this core is the same principal: the first answer will do. */
  const token = () =>
    new Promise<string | undefined>((resolve, reject) => {
      asked.push(({ token, error }) => (error ? reject(new AnywireError(error.code, error.message)) : resolve(token)))
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
    open: { websocket: openWebSocket, stream: openStream, poll: openPoll },
    times,
    policy: new Policy({ transports, times, memory, learnt: (memory) => tell({ type: 'learnt', memory }) }),
    token,
    readings: () => feeds.readings,
    frame(frame) {
      if (frame.type === 'published' || (frame.type === 'error' && frame.id !== undefined)) return answered(frame)
      if (!('channel' in frame) || frame.channel === undefined) return
      if (frame.type === 'messages') measure(frame.messages.at(-1)?.offset)
      feeds.frame(frame as ChannelFrame)
    },
    linked() {
      linkedAt = wallMs() + (engine.link?.aheadMs ?? 0)
      tell({ type: 'linked' })
    },
    changed(state, error) {
      failure = error
      tell({ type: 'state', state, error: error?.toJSON() })
      tellStats()
      if (state === 'closed') for (const seat of seats) seat.end(error)
    },
    decided(sentence) {
      if (decisions.push(sentence) > mostDecisions) decisions.shift()
    },
  })

  const answered = ({ type, channel, ...rest }: Answer) => {
    const publish = publishes.get(Number(rest.id))
    if (!publish) return
    publishes.delete(Number(rest.id))
    const { seat, id } = publish
    if (type === 'published') seat.port.send({ ...rest, type, id } as FromCore)
    else seat.port.send({ type: 'refused', id, error: rest as never })
  }

  const publish = (seat: Seat, requests: readonly PublishRequest[]) => {
    // Without a link it is a wish: the client sends again when there is one.
    if (!engine.link) return engine.want()
    const numbered = requests.map((request) => {
      publishes.set(++ids, { seat, id: Number(request.id) })
      return { ...request, id: ids }
    })
    engine.publish(numbered)
  }

  /** What was read from history says nothing of delays. */
  const measure = (offset: string | undefined) => {
    const { link } = engine
    if (offset === undefined || link?.aheadMs === undefined) return
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

  const leave = (seat: Seat) => {
    if (!seats.delete(seat)) return
    seat.leave()
    for (const [id, publish] of publishes) if (publish.seat === seat) publishes.delete(id)
    if (seats.size > 0) return
    clearInterval(timer)
    timer = undefined
    engine.rest()
  }

  const take = (seat: Seat, message: ToCore) => {
    switch (message.type) {
      case 'subscribe':
        return message.wishes.forEach(seat.subscribe)
      case 'unsubscribe':
        return message.ids.forEach(seat.unsubscribe)
      case 'consumed':
        return seat.took(message.id, message.count)
      case 'publish':
        return publish(seat, message.requests)
      case 'token':
        for (const answer of asked) answer(message)
        asked = []
        return
      case 'hurry':
        return engine.hurry()
      case 'close':
        return leave(seat)
    }
  }

  const online = () => engine.hurry()
  globalThis.addEventListener?.('online', online)

  return {
    attach(port) {
      const seat = createSeat(port, feeds)
      seats.add(seat)
      port.send({ type: 'state', state: engine.state, error: failure?.toJSON() })
      if (asked.length > 0) port.send({ type: 'token' })
      if (engine.link) port.send({ type: 'linked' })
      timer ??= setInterval(tellStats, statsMs)
      return (message) => take(seat, message)
    },
    close() {
      globalThis.removeEventListener?.('online', online)
      clearInterval(timer)
      engine.close()
    },
  }
}
