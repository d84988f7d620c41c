/** Tracing: what a hub tells of single deeds, for traces. A hub without it does nothing for it. */
import type { ChannelName } from '../protocol/name.js'

/** Where something is done: the channel, and the pattern of its rule if there is one. */
export interface TracedPlace {
  readonly channel: ChannelName
  readonly rule: string | undefined
}

export interface TracedEnd {
  /** `appended`, `duplicate`, `refused` …, or `failed`. */
  readonly outcome: string
  /** The code of an error of ours. */
  readonly code?: string | undefined
  /** Of what was stored last. */
  readonly offset?: string | undefined
}

export interface TracedReading extends TracedPlace {
  /** How messages are spelt and carried. */
  readonly transport: string
  /** It went on from a position that its client had. */
  readonly resumes: boolean
  /** Milliseconds since 1970 at which it was asked for. */
  readonly beganMs: number
  /** Messages were lost since that position: why. */
  readonly gap: string | undefined
}

/**
 * Is told at once, and waits for nothing. What it throws goes to `onError`. There is nothing for a delivery, and nothing
 * that lasts as long as a stream.
 */
export interface Tracing {
  /**
   * A publish begins; what is answered is called when it has ended. `traceparent` is the header of its request, as it
   * came.
   */
  publishing(place: TracedPlace, traceparent: string | undefined): (end: TracedEnd) => void
  /** A reading has begun. `reading` names it until `closed`. */
  opened(reading: object, facts: TracedReading): void
  /** It is over. */
  closed(reading: object, place: TracedPlace & { readonly transport: string }): void
}

/** The id of the trace that a request is part of. [W3C Trace Context 3.2] */
export function traceOf(headers: Readonly<Record<string, unknown>> = {}): string | undefined {
  const { traceparent } = headers
  return typeof traceparent === 'string' ? /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(traceparent)?.[1] : undefined
}

/** Tracing whose failures go to `onError`, and to nobody else. */
export function safeTracing(tracing: Tracing | undefined, onError: (thrown: unknown) => void): Tracing | undefined {
  if (tracing === undefined) return undefined
  const safely = <T>(tell: () => T): T | undefined => {
    try {
      return tell()
    } catch (thrown) {
      onError(thrown)
      return undefined
    }
  }
  return {
    publishing(...told) {
      const end = safely(() => tracing.publishing(...told))
      return (ended) => void safely(() => end?.(ended))
    },
    opened: (...told) => void safely(() => tracing.opened(...told)),
    closed: (...told) => void safely(() => tracing.closed(...told)),
  }
}
