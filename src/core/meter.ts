/** The meter: what a hub tells of its work, for metrics. A hub without a meter counts into the air. */
import type { ErrorCode } from '../protocol/error.js'
import type { GapReason } from '../protocol/message.js'
import type { PublishOutcome } from './publish/outcome.js'

/** Counters that only rise. They are added to where slices are handed out, so a meter reads them when it is asked. */
export interface Tally {
  /** Writes. */
  slices: number
  messages: number
  /** Before compression. */
  bytes: number
}

export type StoreCall = 'append' | 'create' | 'configure' | 'delete' | 'read' | 'snapshot' | 'position' | 'follow'

/**
 * Told of what happens, at once and often, so each member does little and waits for nothing. What it throws goes to
 * `onError`. `transport` is the name of how messages are spelt and carried (`event-stream`, `anywire-socket`,
 * `long-poll` …), `rule` the pattern of a rule, or undefined where none fits: both are few. Times are milliseconds.
 */
export interface Meter {
  /**
   * The counters for what readers of a transport and a rule are handed. Asked for with each reading, so it MUST answer
   * the same object for the same pair.
   */
  tally(transport: string, rule: string | undefined): Tally
  /**
   * A connection, or a waiting poll, has been let in; and is gone. Without a code it ended in good order or without a
   * word.
   */
  opened(transport: string): void
  closed(transport: string, code: ErrorCode | undefined): void
  /** A reading has begun; and is over. */
  joined(transport: string, rule: string | undefined): void
  left(transport: string, rule: string | undefined): void
  /** A reading went on from a position that its client had. `gap`: not without loss. */
  resumed(transport: string, result: 'whole' | 'gap'): void
  /** A reader has been told of a gap. For requests that end with it `transport` is `request`. */
  gap(transport: string, reason: GapReason): void
  /** One in 64 slices to live readers: how long after its last message was stored the last of them was written to. */
  delayed(transport: string, ms: number): void
  published(rule: string | undefined, outcome: PublishOutcome['kind'] | 'failed', ms: number): void
  /** A call of the store was answered, or not (it failed, or was late). */
  asked(call: StoreCall, answered: boolean, ms: number): void
  /** A wake-up of the store was lost, and that was noticed. */
  wakeUpLost(): void
  /** A request, or what was to become a connection, was refused. */
  refused(code: ErrorCode): void
  /**
   * Connections were ended that took or said nothing for too long, by `hub.disconnect`, or for a credential that was
   * revoked. Each is told as `closed` too.
   */
  dismissed(why: 'stalled' | 'disconnected' | 'revoked', connections: number): void
}

const ignore = () => undefined
const nowhere: Tally = { slices: 0, messages: 0, bytes: 0 }

/** Counts nothing. For a meter of some members: `{ ...noMeter, published() { … } }`. */
export const noMeter: Meter = {
  tally: () => nowhere,
  opened: ignore,
  closed: ignore,
  joined: ignore,
  left: ignore,
  resumed: ignore,
  gap: ignore,
  delayed: ignore,
  published: ignore,
  asked: ignore,
  wakeUpLost: ignore,
  refused: ignore,
  dismissed: ignore,
}

/** A meter whose failures go to `onError`, and to nobody else. */
export function safeMeter(meter: Meter | undefined, onError: (thrown: unknown) => void): Meter {
  if (meter === undefined || meter === noMeter) return noMeter
  const safe = <A extends readonly unknown[], T>(tell: (...told: A) => T, instead: T) => {
    return (...told: A): T => {
      try {
        return tell.apply(meter, told as unknown as A & unknown[])
      } catch (thrown) {
        onError(thrown)
        return instead
      }
    }
  }
  return {
    tally: safe(meter.tally, nowhere),
    opened: safe(meter.opened, undefined),
    closed: safe(meter.closed, undefined),
    joined: safe(meter.joined, undefined),
    left: safe(meter.left, undefined),
    resumed: safe(meter.resumed, undefined),
    gap: safe(meter.gap, undefined),
    delayed: safe(meter.delayed, undefined),
    published: safe(meter.published, undefined),
    asked: safe(meter.asked, undefined),
    wakeUpLost: safe(meter.wakeUpLost, undefined),
    refused: safe(meter.refused, undefined),
    dismissed: safe(meter.dismissed, undefined),
  }
}
