/** The engine: keeps one link to the server, through whatever happens to it. */
//
//   idle ──wanted──► connecting ──proven──► open ──lost──► waiting ──time──► connecting
//                        │                    │               ▲
//                        └────── failed ──────┴───────────────┘     any ──close, final error──► closed
//
// While a link is open a second one may be on its way: a better transport, or the successor of one that is silent or leaving. It is
// taken into use when it is proven, and the one before is read a little longer: what comes twice is told by its position.
import type { PublishRequest, ServerFrame } from '../protocol/anywire-frame.js'
import { AnywireError } from '../protocol/error.js'
import {
  isOfOther,
  type Link,
  type LinkEvents,
  type OpenLink,
  type Readings,
  type Transport,
  transports,
} from './link.js'
import type { Policy } from './policy.js'
import { type Entrant, openOne, race } from './race.js'
import type { State } from './stats.js'
import type { Times } from './times.js'

export interface EngineOptions {
  readonly url: string
  readonly policy: Policy
  readonly times: Times
  readonly open: Readonly<Record<Transport, OpenLink>>
  /** Asks for a credential; undefined if there is none. */
  readonly token: () => Promise<string | undefined>
  /** What is to be read. */
  readonly readings: () => Readings
  /** Everything but what is between the engine and the server. */
  readonly frame: (frame: ServerFrame) => void
  /** A link was taken into use. */
  readonly linked: () => void
  readonly changed: (state: State, error: AnywireError | undefined) => void
  /** Something was decided about transports. */
  readonly decided: (sentence: string) => void
}

export interface Engine {
  readonly state: State
  readonly link: Link | undefined
  /** Bytes received on all links. */
  readonly received: number
  /** Links after the first. */
  readonly reconnects: number
  /** Something is to be read or sent, or the set that is read has changed. */
  want(): void
  /** Sends if there is a link: whoever wants to be sure sends again when one is taken into use. */
  publish(requests: readonly PublishRequest[]): void
  /** The network or the page is back: what waits goes at once; a link may have died unnoticed, and gets a successor. */
  hurry(): void
  /** The connection is put aside, to be opened again by `want`. */
  rest(): void
  close(error?: AnywireError): void
  /** A link beside the one in use, for one reading of its own. @throws AnywireError */
  aside(readings: Readings, events: LinkEvents, signal: AbortSignal): Promise<Link>
}

/** Better transports are looked for at least this often. */
const mostProbeMs = 300_000
/** Before its expiry a token is renewed. */
const renewMs = 10_000
/** Within this time one wish to hurry is enough. */
const hurryMs = 500
/** How long the link before is read beside its successor. */
const overlapMs = 1_000
/** Refusals of the credential in a row that end it. */
const mostRefusals = 3

type Timer = ReturnType<typeof setTimeout> | undefined

export function createEngine(options: EngineOptions): Engine {
  const { url, policy, times, open, token, readings, frame: pass, linked, changed, decided } = options
  let state: State = 'idle'
  let link: Link | undefined
  let openedAt = 0
  let before: { readonly link: Link; readonly readings: Readings } | undefined
  let silent: Link | undefined
  let attempt = new AbortController()
  let probing = new AbortController()
  let retry: Timer
  let probe: Timer
  let renewal: Timer
  let leavingAt = 0
  let hurriedAt = Number.NEGATIVE_INFINITY
  let refusals = 0
  let received = 0
  let links = 0

  const set = (next: State, error?: AnywireError) => {
    if (state === next) return
    state = next
    changed(next, error)
  }

  const leaveBefore = () => {
    before?.link.close()
    before = undefined
  }

  const drop = () => {
    for (const timer of [retry, probe, renewal]) clearTimeout(timer)
    attempt.abort()
    probing.abort()
    leaveBefore()
    received += link?.received ?? 0
    link?.close()
    link = undefined
  }

  const close = (error?: AnywireError) => {
    if (state === 'closed') return
    drop()
    set('closed', error)
  }

  /** Beside a link that is open, this looks for its successor. */
  const connect = async () => {
    clearTimeout(retry)
    attempt.abort()
    attempt = new AbortController()
    const { signal } = attempt
    if (!link) set('connecting')
    const order = policy.order()
    // One that is worse passes: what has failed, or is not there yet, has something against it. Where none passes, the way itself is cut.
    const suspected = new Map<Transport, () => void>()
    const blame = (winner: Transport) => {
      suspected.get(winner)?.()
      for (const transport of transports.slice(0, transports.indexOf(winner)))
        if (order.includes(transport) && !policy.isDemoted(transport))
          suspected.set(transport, policy.suspect(transport))
    }
    try {
      await race({
        ...(await track(signal)),
        order,
        won: (entrant) => {
          if (signal.aborted) return entrant.link.close()
          blame(entrant.link.transport)
          adopt(entrant)
        },
        failed: (transport, error) => decided(`${transport}: ${error.message}`),
      })
    } catch (thrown) {
      if (!signal.aborted) fail(AnywireError.from(thrown))
    }
  }

  const track = async (signal: AbortSignal) => ({
    url,
    open,
    times: { ...times, proofMs: times.proofMs * policy.patience },
    token: await token(),
    readings: readings(),
    events: eventsOf,
    signal,
  })

  const adopt = ({ link: next, take }: Entrant) => {
    leaveBefore()
    if (link) {
      received += link.received
      before = { link, readings: new Map(readings()) }
      setTimeout(leaveBefore, overlapMs)
    }
    link = next
    openedAt = performance.now()
    leavingAt = 0
    links++
    decided(`${next.transport}: proven in ${Math.round(next.connectMs)} ms`)
    take()
    if (link !== next) return
    next.read(readings())
    set('open')
    linked()
    lookForBetter(times.probeMs)
  }

  const eventsOf = (of: Link): LinkEvents => ({
    frame: (frame) => {
      if (of === link || (of === before?.link && !isOfOther(frame, before.readings, readings()))) hear(of, frame)
    },
    silent: () => {
      if (of !== link) return
      decided(`${of.transport}: silent`)
      silent = of
      void connect()
    },
    lost: (error) => {
      if (of === link) lose(error)
    },
  })

  const hear = (of: Link, frame: ServerFrame) => {
    if (of === silent) silent = undefined
    switch (frame.type) {
      case 'welcome':
      case 'authenticated':
        refusals = 0
        return renewBefore(frame.expiresAt)
      case 'drain':
        return leave(frame.retryMs)
      case 'error':
        if (frame.channel === undefined && frame.id === undefined) return told(frame)
    }
    pass(frame)
  }

  /** An error of the connection itself. Any but these is of a frame that the server did not understand. */
  const told = ({ code, message, ...details }: Extract<ServerFrame, { type: 'error' }>) => {
    if (code === 'unauthorized' || code === 'forbidden') lose(new AnywireError(code, message, { details }))
  }

  const lose = (error: AnywireError) => {
    if (!link) return
    decided(`${link.transport}: lost: ${error.message}`)
    policy.lost(link.transport, performance.now() - openedAt)
    received += link.received
    link.close()
    link = undefined
    fail(error)
  }

  /** Without a link: waits and tries again, unless trying again would change nothing. */
  const fail = (error: AnywireError) => {
    if (link) {
      // No successor could be had: one that has been silent is given up, one that leaves is kept while it serves.
      if (link === silent) lose(error)
      else if (leavingAt > 0) leave(policy.wait(error))
      return
    }
    const refused = error.code === 'unauthorized' && ++refusals >= mostRefusals
    if (refused || error.meaning.retry === 'never') return close(error)
    clearTimeout(probe)
    const ms = policy.wait(error)
    retryIn(leavingAt > 0 ? Math.max(0, leavingAt - performance.now()) : ms)
    set('waiting', error)
  }

  const retryIn = (ms: number) => {
    clearTimeout(retry)
    retry = setTimeout(() => void connect(), ms)
  }

  /** The server leaves: it said when to come back, and serves until then. */
  const leave = (ms: number) => {
    leavingAt = performance.now() + ms
    retryIn(ms)
  }

  const lookForBetter = (ms: number) => {
    clearTimeout(probe)
    probe = setTimeout(() => void probeBetter(ms), ms)
  }

  /** Make before break: a better transport must be proven and hold a while before it takes over. */
  const probeBetter = async (ms: number) => {
    const current = link
    if (!current) return
    policy.lived(current.transport)
    const transport = policy.better(current.transport)
    probing = new AbortController()
    const { signal } = probing
    try {
      if (transport) {
        const entrant = await openOne({ ...(await track(signal)), readings: new Map() }, transport)
        await new Promise((resolve) => setTimeout(resolve, times.trialMs))
        if (signal.aborted || link !== current) return entrant.link.close()
        if (!entrant.broken) return adopt(entrant)
        policy.demote(transport)
      }
    } catch (thrown) {
      if (signal.aborted) return
      policy.demote(transport!)
      decided(`${transport}: still not: ${AnywireError.from(thrown).message}`)
    }
    lookForBetter(Math.min(ms * 2, mostProbeMs))
  }

  const renewBefore = (expiresAt: number | undefined) => {
    clearTimeout(renewal)
    if (expiresAt === undefined) return
    const renew = async () => {
      const next = await token().catch(() => undefined)
      if (next !== undefined) link?.authenticate(next)
    }
    renewal = setTimeout(() => void renew(), Math.min(Math.max(0, expiresAt - Date.now() - renewMs), 2 ** 31 - 1))
  }

  const want = () => {
    if (state === 'idle') void connect()
    link?.read(readings())
  }

  return {
    get state() {
      return state
    },
    get link() {
      return link
    },
    get received() {
      return received + (link?.received ?? 0)
    },
    get reconnects() {
      return Math.max(0, links - 1)
    },
    want,
    publish(requests) {
      if (link) link.publish(requests)
      else want()
    },
    hurry() {
      // Tabs say it all at once.
      if (state === 'idle' || state === 'closed' || performance.now() - hurriedAt < hurryMs) return
      hurriedAt = performance.now()
      void connect()
    },
    rest() {
      if (state === 'closed') return
      drop()
      set('idle')
    },
    close,
    async aside(readings, events, signal) {
      const order = policy.order()
      // What was gets an answer that ends: nothing on the way can hold it back.
      const transport = order.includes('poll') ? 'poll' : order.at(-1)!
      return open[transport]({ url, token: await token(), readings, times, events, signal })
    },
  }
}
