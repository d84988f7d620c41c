/** The core: serves any number of clients (this thread's, a worker's page, the tabs of an origin) over one connection. */
import type { ServerFrame } from '../protocol/anywire-frame.js'
import { AnywireError } from '../protocol/error.js'
import { microsOf } from '../protocol/offset.js'
import { wallMs } from './clock.js'
import { createEngine } from './engine.js'
import { Feeds } from './feeds.js'
import { isDeeper, type PortError } from './item.js'
import { createPolicy } from './policy.js'
import type { ClientPort, CoreOptions, FromCore, ToCore } from './port.js'
import { Seat } from './seat.js'
import { soon } from './soon.js'
import type { Stats } from './stats.js'
import { usualTimes } from './times.js'

export interface Core {
  /** Serves a client, which says `close` at its end; what it says goes to the function that is answered. */
  attach(port: ClientPort): (message: ToCore) => void
  /** When its last client has left, nobody else ends the connection. */
  close(): void
}

type Answer = Extract<ServerFrame, { type: 'published' | 'error' }>
type Hearing = { readonly [Type in ToCore['type']]: (message: Extract<ToCore, { type: Type }>) => void }

const statsMs = 1_000
const mostDecisions = 20

export function createCore({ url, transports, memory, ...options }: CoreOptions): Core {
  const times = { ...usualTimes, ...options.times }
  const seats = new Map<number, Seat>()
  const decisions: string[] = []
  let asked: ((answer: Extract<ToCore, { type: 'token' }>) => void)[] = []
  let attached = 0
  let failure: AnywireError | undefined
  let pushMs: number | undefined
  /** Since when messages can have been on their way, by the server's clock, if it is known. */
  let linkedAt = 0
  /** Bytes received when the stats were told: without new ones nothing is new, but when the state changes. */
  let told = 0

  const tell = (message: FromCore) => {
    for (const { port } of seats.values()) port.send(message)
  }

  /** Every client of this core is the same principal: the first answer will do. */
  const token = () =>
    new Promise<string | undefined>((resolve, reject) => {
      asked.push(({ token, error }) => (error ? reject(AnywireError.fromJSON(error)) : resolve(token)))
      tell({ type: 'token' })
    })

  const feeds: Feeds = new Feeds({
    aside: (...of) => engine.aside(...of),
    // Readings that come and go in one turn leave as one request.
    changed: soon(() => {
      if (feeds.readings.size > 0 || engine.link) engine.want()
    }),
  })

  const engine = createEngine({
    url,
    times,
    policy: createPolicy({ transports, times, memory, learnt: (memory) => tell({ type: 'learnt', memory }) }),
    token,
    readings: feeds.readings,
    frame(frame, reading) {
      if ('id' in frame) return answered(frame as Answer)
      if (frame.type === 'messages') measure(frame.messages.at(-1)?.offset)
      feeds.frame(frame, reading)
    },
    changed(state, error) {
      if (state === 'open') linkedAt = wallMs() + (engine.link?.aheadMs ?? Number.POSITIVE_INFINITY)
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
  const answered = ({ type, id: both, channel, ...answer }: Answer) => {
    const [place, id] = String(both).split(' ').map(Number)
    const port = seats.get(place!)?.port
    if ('reply' in answer && isDeeper(answer.reply))
      return answered({ ...answer, type, id: both, channel, reply: undefined } as Answer)
    if (type === 'published') port?.send({ ...answer, type, id: id! })
    else port?.send({ type: 'refused', id: id!, error: answer as PortError })
  }

  /** What was read from history says nothing of delays. */
  const measure = (offset = '') => {
    const { link } = engine
    const appendedAt = microsOf(offset) / 1000
    if (link && appendedAt > linkedAt)
      pushMs = Math.max(0, wallMs() + link.aheadMs! - appendedAt - link.roundTripMs / 2)
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
      reconnects,
      ...feeds.counts,
      decisions: [...decisions],
    }
    tell({ type: 'stats', stats })
    told = received
  }

  const timer = setInterval(() => engine.received === told || tellStats(), statsMs)

  return {
    attach(port) {
      const seat = new Seat(port, feeds)
      const place = ++attached
      const hearing: Hearing = {
        subscribe: ({ wishes }) => {
          for (const wish of wishes) seat.subscribe(wish)
        },
        unsubscribe({ ids }) {
          for (const id of ids) seat.leave(id)
        },
        consumed: ({ id, count }) => seat.consumed(id, count),
        publish({ requests }) {
          // Without a link it is a wish: the client sends again when there is one.
          engine.want()
          engine.link?.publish(requests.map((one) => ({ ...one, id: `${place} ${one.id}` })))
        },
        token(answer) {
          for (const take of asked) take(answer)
          asked = []
        },
        hurry: engine.hurry,
        close() {
          seats.delete(place)
          seat.end()
        },
      }
      seats.set(place, seat)
      port.send({ type: 'state', state: engine.state, error: failure?.toJSON() })
      if (asked.length > 0) port.send({ type: 'token' })
      return (message) => hearing[message.type](message as never)
    },
    close() {
      clearInterval(timer)
      engine.close()
    },
  }
}
