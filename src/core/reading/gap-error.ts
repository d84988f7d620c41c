/** The error that stands for a gap where a framing or a method cannot say it. */
import { AnywireError } from '../../protocol/error.js'
import type { Gap, GapReason } from '../../protocol/message.js'

/** Why a reading lost messages, as a sentence. */
const gapSentences: Readonly<Record<GapReason, string>> = {
  trimmed: 'the log no longer reaches back to your position',
  reset: 'the log is not the one your position is from',
  conflated: 'older messages of a key were left out',
  slow: 'you fell behind what the server keeps at hand',
}

export function gapError(channel: string, gap: Gap): AnywireError {
  return new AnywireError(
    gap.reason === 'slow' ? 'slow' : 'gap',
    `Messages of "${channel}" are missing after ${JSON.stringify(gap.from.slice(0, 40))}: ` +
      `${gapSentences[gap.reason]}. Read on from ${gap.to}.`,
    { details: { offset: gap.to, reason: gap.reason } },
  )
}
