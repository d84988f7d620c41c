/** Limits for frames and bodies: larger for channels whose rule allows larger messages. */
import type { Limits } from '../../core/limits.js'
import type { RuleTable } from '../../core/rule-table.js'
import { AnywireError } from '../../protocol/error.js'
import type { ChannelName } from '../../protocol/name.js'

/** What is around the base64 of a message. */
const envelopeBytes = 65_536
const opening = Buffer.from('"base64":"')
const quote = 34

interface FrameBounds {
  readonly limits: Limits
  readonly rules: RuleTable
}

/** The largest message of any channel. */
export function mostMessageBytes({ limits, rules }: FrameBounds): number {
  return Math.max(limits.messageBytes, rules.largestMessage)
}

/** The largest frame: beyond `bodyBytes` only base64 may go. */
export function mostFrameBytes({ limits, rules }: FrameBounds): number {
  if (rules.largestMessage <= limits.messageBytes) return limits.bodyBytes
  return Math.max(limits.bodyBytes, Math.ceil(rules.largestMessage / 3) * 4 + envelopeBytes)
}

/** The largest body of a request at a channel's URL, and frame of its plain WebSocket. */
export function mostBodyBytes({ limits, rules }: FrameBounds, channel: ChannelName): number {
  return Math.max(limits.bodyBytes, rules.of(channel).messageBytes ?? 0)
}

/** The error for a frame with more than `bodyBytes` besides base64. Parsing is cheap where most of it is one string. */
export function frameError(frame: Buffer, bodyBytes: number): AnywireError | undefined {
  let rest = frame.length
  for (let at = 0; rest > bodyBytes; ) {
    const start = frame.indexOf(opening, at)
    const end = start === -1 ? -1 : frame.indexOf(quote, start + opening.length)
    if (end === -1) return tooLarge(bodyBytes)
    rest -= end - start - opening.length
    at = end
  }
  return undefined
}

/** @throws AnywireError `too-large` */
export function checkFrame(frame: Buffer, bodyBytes: number): void {
  const error = frameError(frame, bodyBytes)
  if (error) throw error
}

function tooLarge(most: number): AnywireError {
  const sentence = `The frame is over ${most} bytes, besides what is base64: send less, or raise the limit "bodyBytes".`
  return new AnywireError('too-large', sentence)
}
