/** Policy: which transports to try, how long to wait, and when to give one up. Holds no connection. */
import type { AnywireError } from '../protocol/error.js'
import { askedMs } from './deadline.js'
import { type Transport, transports } from './link.js'
import type { Times } from './times.js'

/**
 * What was learnt of a server's way: until when a transport is not the first choice, in milliseconds since 1970, and
 * how often it was demoted in a row.
 */
export type Memory = Partial<Record<Transport, { readonly until: number; readonly times: number }>>

export interface PolicyOptions {
  /** Transports that may be used at all. */
  readonly transports: readonly Transport[]
  readonly memory?: Memory | undefined
  readonly times: Pick<Times, 'demotedMs'>
  /** Something was learnt. */
  readonly learnt?: ((memory: Memory) => void) | undefined
}

/** A link that was lost sooner than this counts as short. */
const youngMs = 10_000
const maxDemotedMs = 3_600_000
const firstWaitMs = 40
/** A cut is mended at once. So each of the first waits may be so much longer than the one before, up to about a second. */
const firstGrowth = 1.7
const firstWaits = 6
/** Then so much longer: in all, about a third of the time that the server has been away. */
const growth = 1.15
const maxWaitMs = 20_000
/** So much growth at once doubles a wait. */
const slowly = 5

export interface Policy {
  /** In the order in which to try: best first, demoted ones last. */
  order(): Transport[]
  /** The best of those that would be better than the one in use, and may be tried now. */
  better(than: Transport): Transport | undefined
  isDemoted(transport: Transport): boolean
  /** Not the first choice for a while; longer each time. */
  demote(transport: Transport): void
  /**
   * It was proven first: better ones have failed or are not there yet, and have something against them, of which a page
   * that is left soon leaves word to the next. One that comes after all is forgiven. Where none is proven, the way
   * itself is cut.
   */
  won(transport: Transport): void
  /** A link was lost after `livedMs`. One that dies young twice, one after the other, is demoted. */
  lost(transport: Transport, livedMs: number): void
  /** It has worked for a while: its demotions are forgotten, and the next attempt counts as the first. */
  lived(transport: Transport): void
  /**
   * Milliseconds to wait before the next attempt, with full jitter; what the server said goes before. A server that is
   * away refuses at once; one that does not answer in time may have too much to do, and is left alone for longer.
   */
  wait(error: AnywireError): number
}

export function createPolicy({ transports: allowed, memory = {}, times, learnt }: PolicyOptions): Policy {
  const usable = transports.filter((transport) => allowed.includes(transport))
  let known = memory
  let failures = 0
  let diedYoung: Transport | undefined

  const learn = (memory: Memory) => {
    known = memory
    learnt?.(memory)
  }
  const isDemoted = (transport: Transport) => (known[transport]?.until ?? 0) > Date.now()
  const betterThan = (transport: Transport) =>
    usable.slice(0, usable.indexOf(transport)).filter((better) => !isDemoted(better))

  const demote = (transport: Transport) => {
    const count = (known[transport]?.times ?? 0) + 1
    const until = Date.now() + Math.min(times.demotedMs * 4 ** (count - 1), maxDemotedMs)
    learn({ ...known, [transport]: { until, times: count } })
  }

  const forgive = (transport: Transport) => {
    const { [transport]: held, ...others } = known
    if (held) learn(others)
  }

  const lived = (transport: Transport) => {
    failures = 0
    diedYoung = undefined
    forgive(transport)
  }

  return {
    order: () => [...usable.filter((one) => !isDemoted(one)), ...usable.filter(isDemoted)],
    better: (than) => betterThan(than)[0],
    isDemoted,
    demote,
    won(transport) {
      forgive(transport)
      betterThan(transport).forEach(demote)
    },
    lost(transport, livedMs) {
      if (livedMs >= youngMs) return lived(transport)
      const again = diedYoung === transport
      if (again) demote(transport)
      diedYoung = again ? undefined : transport
    },
    lived,
    wait({ code, details }) {
      const quick = Math.min(failures, firstWaits)
      const maxMs = Math.min(firstWaitMs * firstGrowth ** quick * growth ** (failures - quick), maxWaitMs)
      failures += code === 'timeout' ? slowly : 1
      return askedMs(details.retryMs, Math.random() * maxMs)
    },
  }
}
