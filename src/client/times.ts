/** Times: how long the client waits. */

/**
 * How long the client waits for what. All are milliseconds.
 *
 * `proofMs`, `answerMs` and the wait for a pong (1 s) are where it begins. Each deadline that is missed is twice as
 * long the next time, up to 30 s, so that a slow server or network is got through to. It is the usual one again when
 * answers take less than half of it.
 */
export interface Times {
  /** How long a better transport is tried alone. A blocked one costs this much before another is tried. @default 200 */
  readonly headStartMs: number
  /** A transport that has not been proven by then is given up. Each failure doubles it. @default 8_000 */
  readonly proofMs: number
  /** When better transports are tried again. Each failure doubles it. @default 15_000 */
  readonly probeMs: number
  /** How long a better transport must hold before it takes over. @default 3_000 */
  readonly trialMs: number
  /**
   * How long a transport that failed is not tried again while another works. Each failure makes it four times as long.
   * @default 60_000
   */
  readonly demotedMs: number
  /** How long the server holds a poll for which there is nothing. @default 10_000 */
  readonly pollMs: number
  /** By when a request must be answered, beyond the time that the server was asked to wait. @default 10_000 */
  readonly answerMs: number
  /**
   * How long to wait after the second refusal of the credential. Each further refusal doubles it. The seventh in a row
   * is final, 31 s after the first.
   * @default 1_000
   */
  readonly refusedMs: number
  /**
   * A credential is not renewed sooner than this after the last time. The pause grows while new credentials do not last
   * longer.
   * @default 3_000
   */
  readonly renewMs: number
}

export const usualTimes: Times = {
  headStartMs: 200,
  proofMs: 8_000,
  probeMs: 15_000,
  trialMs: 3_000,
  demotedMs: 60_000,
  pollMs: 10_000,
  answerMs: 10_000,
  refusedMs: 1_000,
  renewMs: 3_000,
}
