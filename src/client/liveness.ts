/** Whether a link lives, judged by its traffic. PROTOCOL.md 4.4. */

import { type Patience, roundTrip } from './patience.js'

/** A link that has been busy is missed sooner; none sooner than this. */
const minMs = 1_000
/** Silence of so many usual pauses is unusual. */
const pauses = 16

export interface Liveness {
  received(): void
  /** The server speaks at least this often. */
  expect(heartbeatMs: number): void
  stop(): void
}

/**
 * Calls `silent` when a link has not spoken, asked or not. `ask` makes the server speak, where the transport can: asked
 * when the silence is unusual. Silence is measured, never counted in ticks, so that the late timers of a hidden page
 * end no link.
 */
export function watch(patience: Patience, silent: () => void, ask?: () => void): Liveness {
  let receivedAt = performance.now()
  let pauseMs: number | undefined
  let limitMs = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let answered: (() => void) | undefined

  const wait = (ms: number) => {
    clearTimeout(timer)
    timer = setTimeout(look, ms)
  }

  const look = () => {
    const usualMs = ask ? Math.max(minMs, pauses * (pauseMs ?? limitMs)) : limitMs
    const left = receivedAt + Math.min(usualMs, limitMs) - performance.now()
    if (left > 0) return wait(Math.max(left, minMs / 4))
    ask?.()
    // Waits without asking too: after a freeze or a late timer, what has arrived is read first.
    const [due, received] = patience.wait(roundTrip, minMs, silent)
    timer = due
    answered = received
  }

  return {
    received() {
      const pause = performance.now() - receivedAt
      pauseMs = (pauseMs ?? pause) * 0.9 + pause * 0.1
      receivedAt += pause
      if (!answered) return
      answered()
      answered = undefined
      wait(minMs)
    },
    expect(heartbeatMs) {
      limitMs = ask ? heartbeatMs / 2 : heartbeatMs * 1.5 - minMs
      wait(minMs)
    },
    stop: () => clearTimeout(timer),
  }
}
