/** The engine: keeps one link to the server, through whatever happens to it. */
//
//   idle ──wanted──► connecting ──proven──► open ──lost──► waiting ──time──► connecting
//                        │                    │               ▲
//                        └────── failed ──────┴───────────────┘     any ──close, final error──► closed
//
// An attempt is a race: the best transport first, the others after a short head start each; the first that is proven is taken into use, and a
// better one may still take over. While a link is open there may be an attempt beside it, for a better transport or the successor of one that
// is silent or leaving. What is heard counts, whichever link it comes from: what comes twice is told by its position.
import type { ServerFrame } from '../protocol/anywire-frame.js'
import type { AnywireError } from '../protocol/error.js'
import { type Link, type LinkEvents, late, type Reading, type Readings, type Transport } from './link.js'
import { openOverPost } from './links/over-post.js'
import { openWebSocket } from './links/websocket.js'
import type { Policy } from './policy.js'
import type { State } from './stats.js'
import type { Times } from './times.js'

export interface EngineOptions {
  readonly url: string
  readonly policy: Policy
  readonly times: Times
  /** Asks for a credential; undefined if there is none. */
  readonly token: () => Promise<string | undefined>
  /** What is to be read. */
  readonly readings: Readings
  /** Everything but what is between the engine and the server, with the reading that it answers. */
  readonly frame: (frame: ServerFrame, reading: Reading | undefined) => void
  /** With `open` for each link that is taken into use. */
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
  /** The network or the page is back: what waits goes at once; a link may have died unnoticed, and gets a successor. */
  hurry(): void
  close(error?: AnywireError): void
  /** A link beside the one in use, for one reading of its own. */
  aside(readings: Readings, events: LinkEvents): Link
}

/** Better transports are looked for at least this often. */
const mostProbeMs = 300_000
/** Before its expiry a token is renewed. */
const renewMs = 10_000
const mostTimerMs = 2 ** 31 - 1
/** Within this time one wish to hurry is enough. */
const hurryMs = 500
/** How long the link before is read beside its successor. */
const overlapMs = 1_000
/** Refusals of the credential in a row that end it. */
const mostRefusals = 3
/** What the server itself said tells more than these, of which the first tells most. */
const mute: readonly string[] = ['timeout', 'unavailable', 'not-acceptable']

type Timer = ReturnType<typeof setTimeout>

export function createEngine(options: EngineOptions): Engine {
  const { url, policy, times, token, readings, frame: pass, changed, decided } = options
  let state: State = 'idle'
  /** The link in use, the one before it, and those that are on trial, each with what is to become of it in time. */
  const open = new Map<Link, Timer>()
  let link: Link | undefined
  let before: Link | undefined
  let silent: Link | undefined
  let openedAt = 0
  let headStart: Timer | undefined
  let retry: Timer | undefined
  let probe: Timer | undefined
  let renewal: Timer | undefined
  let leavingAt = 0
  let hurriedAt = Number.NEGATIVE_INFINITY
  let refusals = 0
  let received = 0
  let reconnects = 0

  const set = (next: State, error?: AnywireError) => {
    if (state === next && next !== 'open') return
    state = next
    changed(next, error)
  }

  const begin = (transport: Transport, credential: Promise<string | undefined>, events: LinkEvents) => {
    const count = (bytes: number) => {
      received += bytes
    }
    const options = { url, token: credential, times, events, received: count }
    return transport === 'websocket' ? openWebSocket(options) : openOverPost(transport, options)
  }

  /** Answers whether it was open. */
  const leave = (of: Link): boolean => {
    clearTimeout(open.get(of))
    of.close()
    return open.delete(of)
  }

  const leaveTrials = () => {
    clearTimeout(headStart)
    for (const of of open.keys()) if (of !== link) leave(of)
  }

  const close = (error?: AnywireError) => {
    for (const timer of [retry, probe, renewal]) clearTimeout(timer)
    link = undefined
    leaveTrials()
    set('closed', error)
  }

  const enter = (
    transport: Transport,
    credential: Promise<string | undefined>,
    proven: (of: Link) => void,
    failed: (error: AnywireError) => void,
  ): Link => {
    const fail = (error: AnywireError) => {
      if (!leave(of)) return
      if (of === link) return lose(error)
      if (of === before) return
      decided(`${transport}: ${error.message}`)
      failed(error)
    }
    const of: Link = begin(transport, credential, {
      proven() {
        clearTimeout(open.get(of))
        proven(of)
      },
      frame(frame, reading) {
        if (of === silent) silent = undefined
        if (frame.type === 'welcome' || frame.type === 'authenticated') renewBefore(frame.expiresAt)
        // The server leaves: it said when to come back, and serves until then.
        else if (frame.type === 'drain') {
          leavingAt = performance.now() + frame.retryMs
          retryIn(frame.retryMs)
        } else pass(frame, reading)
      },
      silent() {
        if (of !== link) return
        decided(`${transport}: silent`)
        silent = of
        connect()
      },
      lost: fail,
    })
    open.set(of, setTimeout(fail, times.proofMs * policy.patience(), late()))
    return of
  }

  const connect = () => {
    clearTimeout(retry)
    leaveTrials()
    if (!link) set('connecting')
    const credential = token()
    const order = policy.order()
    const failures: AnywireError[] = []
    let started = 0

    const next = () => {
      clearTimeout(headStart)
      const transport = order[started++]
      if (!transport) return
      headStart = setTimeout(next, times.headStartMs)
      enter(transport, credential, won, failed).read(readings)
    }
    const won = (winner: Link) => {
      started = order.length
      for (const of of open.keys())
        if (of !== link && order.indexOf(of.transport) > order.indexOf(winner.transport)) leave(of)
      policy.won(winner.transport)
      adopt(winner)
    }
    const failed = (error: AnywireError) => {
      if (failures.push(error) < order.length) return next()
      fail(failures.sort((one, other) => mute.indexOf(one.code) - mute.indexOf(other.code))[0]!)
    }
    next()
  }

  const adopt = (next: Link) => {
    clearTimeout(retry)
    if (before) leave(before)
    before = link
    if (before) open.set(before, setTimeout(leave, overlapMs, before))
    link = next
    if (openedAt) reconnects++
    openedAt = performance.now()
    refusals = 0
    decided(`${next.transport}: proven in ${Math.round(next.connectMs)} ms`)
    next.read(readings)
    set('open')
    lookForBetter(times.probeMs)
  }

  /** The link in use is gone. */
  const lose = (error: AnywireError) => {
    const { transport } = link!
    decided(`${transport}: lost: ${error.message}`)
    policy.lost(transport, performance.now() - openedAt)
    leave(link!)
    link = undefined
    fail(error)
  }

  /** An attempt was in vain, or there is no link any more: waits and tries again, unless trying again would change nothing. */
  const fail = (error: AnywireError) => {
    // One that has been silent is given up when no successor can be had.
    if (link && link === silent) return lose(error)
    const refused = error.code === 'unauthorized' && ++refusals >= mostRefusals
    if (!link && (refused || error.meaning.retry === 'never')) return close(error)
    retryIn(Math.max(policy.wait(error), leavingAt - performance.now()))
    if (link) return
    clearTimeout(probe)
    set('waiting', error)
  }

  const retryIn = (ms: number) => {
    clearTimeout(retry)
    retry = setTimeout(connect, ms)
  }

  /** Make before break: a better transport must be proven and hold a while before it takes over. */
  const lookForBetter = (ms: number) => {
    const again = () => lookForBetter(Math.min(ms * 2, mostProbeMs))
    const look = () => {
      const { transport } = link!
      policy.lived(transport)
      const better = policy.better(transport)
      if (!better) return again()
      const proven = (of: Link) => open.set(of, setTimeout(adopt, times.trialMs, of))
      enter(better, token(), proven, () => {
        policy.demote(better)
        again()
      })
    }
    clearTimeout(probe)
    probe = setTimeout(look, ms)
  }

  const renewBefore = (expiresAt = Number.POSITIVE_INFINITY) => {
    clearTimeout(renewal)
    const renew = () =>
      token().then(
        (next) => next && link?.authenticate(next),
        () => undefined,
      )
    renewal = setTimeout(renew, Math.min(expiresAt - Date.now() - renewMs, mostTimerMs))
  }

  return {
    get state() {
      return state
    },
    get link() {
      return link
    },
    get received() {
      return received
    },
    get reconnects() {
      return reconnects
    },
    want() {
      if (state === 'idle') connect()
      link?.read(readings)
    },
    hurry() {
      // Tabs say it all at once.
      if (state === 'idle' || state === 'closed' || performance.now() - hurriedAt < hurryMs) return
      hurriedAt = performance.now()
      connect()
    },
    close,
    aside(own, events) {
      const order = policy.order()
      // What was gets an answer that ends: nothing on the way can hold it back.
      const of = begin(order.includes('poll') ? 'poll' : order.at(-1)!, token(), events)
      of.read(own)
      return of
    },
  }
}
