/** The race: the best transport first, the others after a short head start; the first that is proven wins, a better one may still take over. */
import { AnywireError } from '../protocol/error.js'
import type { Link, LinkEvents, OpenLink, Readings, Transport } from './link.js'
import type { Times } from './times.js'

export interface Track {
  readonly url: string
  readonly token: string | undefined
  readonly readings: Readings
  readonly times: Times
  readonly open: Readonly<Record<Transport, OpenLink>>
  /** The events of a link once it is taken into use. */
  readonly events: (link: Link) => LinkEvents
  readonly signal: AbortSignal
}

export interface RaceOptions extends Track {
  /** In the order in which to try. */
  readonly order: readonly Transport[]
  /** Is given each link that was proven and is better than those before it: takes it into use. */
  readonly won: (link: Entrant) => void
  /** A transport could not be proven, or not in time. */
  readonly failed: (transport: Transport, error: AnywireError) => void
}

/** A proven link that is not in use yet: it holds back what it hears. */
export interface Entrant {
  readonly link: Link
  /** It was lost before it was taken. */
  readonly broken: boolean
  /** Hands over what was held back, and all that follows. */
  take(): void
}

/** Resolves when one was proven. @throws AnywireError the most telling failure, if none could be. */
export function race(options: RaceOptions): Promise<void> {
  const { order, signal, times } = options
  const failures: AnywireError[] = []
  let best = order.length
  return new Promise((resolve, reject) => {
    const attempts = order.map(() => new AbortController())
    const from = (place: number) => attempts.slice(place)
    let started = 0
    let timer: ReturnType<typeof setTimeout> | undefined
    const start = () => {
      clearTimeout(timer)
      if (started >= best || signal.aborted) return
      const place = started++
      if (started < order.length) timer = setTimeout(start, times.headStartMs)
      void run(place, order[place]!)
    }
    const run = async (place: number, transport: Transport) => {
      const attempt = attempts[place]!
      try {
        const entrant = await openOne({ ...options, signal: attempt.signal }, transport)
        if (attempt.signal.aborted) return entrant.link.close()
        best = place
        for (const worse of from(place + 1)) worse.abort()
        options.won(entrant)
        resolve()
      } catch (thrown) {
        if (attempt.signal.aborted) return
        const error = AnywireError.from(thrown)
        failures.push(error)
        options.failed(transport, error)
        if (failures.length === order.length) reject(telling(failures))
        start()
      }
    }
    signal.addEventListener('abort', () => {
      for (const attempt of attempts) attempt.abort()
      reject(new AnywireError('unavailable', 'The attempt was given up.'))
    })
    start()
  })
}

/** Opens and proves one transport. @throws AnywireError */
export async function openOne(
  { url, token, readings, times, open, events, signal }: Track,
  transport: Transport,
): Promise<Entrant> {
  const own = new AbortController()
  const giveUp = () => own.abort()
  const timer = setTimeout(giveUp, times.proofMs)
  signal.addEventListener('abort', giveUp, { once: true })
  const held: ((to: LinkEvents) => void)[] = []
  let broken = false
  let heard: LinkEvents | undefined
  const pass = (what: (to: LinkEvents) => void) => (heard ? what(heard) : held.push(what))
  try {
    const link = await open[transport]({
      url,
      token,
      readings,
      times,
      signal: own.signal,
      events: {
        frame: (frame) => pass((to) => to.frame(frame)),
        silent: () => pass((to) => to.silent()),
        lost: (error) => {
          broken = true
          pass((to) => to.lost(error))
        },
      },
    })
    const take = () => {
      heard = events(link)
      for (const what of held) what(heard)
    }
    return {
      link,
      take,
      get broken() {
        return broken
      },
    }
  } catch (thrown) {
    if (own.signal.aborted && !signal.aborted)
      throw new AnywireError('timeout', `No proof came within ${times.proofMs / 1000} s.`, { cause: thrown })
    throw thrown
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', giveUp)
  }
}

/** What the server itself said goes before what could not be reached. */
function telling(failures: readonly AnywireError[]): AnywireError {
  const mute: readonly string[] = ['timeout', 'unavailable', 'not-acceptable']
  const said = failures.find(({ code }) => !mute.includes(code))
  return said ?? failures.find(({ code }) => code === 'timeout') ?? failures[0]!
}
