/** How long the client waits for what. All are milliseconds. */
export interface Times {
  /** How long a better transport is alone on the track: a blocked one costs no more than this before another is tried. @default 200 */
  readonly headStartMs: number
  /** A transport that has not been proven by then has lost. @default 8_000 */
  readonly proofMs: number
  /** When better transports are looked for; twice as long after each time in vain. @default 15_000 */
  readonly probeMs: number
  /** How long a better transport must hold before it takes over. @default 3_000 */
  readonly trialMs: number
  /** For how long one that has failed is not tried again while another serves; four times as long after each time in vain. @default 60_000 */
  readonly demotedMs: number
  /** How long the server holds a poll that has nothing to bring. @default 10_000 */
  readonly pollMs: number
  /** By when a request must be answered, beyond what the server was asked to wait. @default 10_000 */
  readonly answerMs: number
  /** After a second refusal of the credential the next try waits so long; twice as long after each further one. The seventh in a row is final, 31 s after the first. @default 1_000 */
  readonly refusedMs: number
  /** A credential is renewed no sooner than this after the last time; later and later while what is got does not last longer. @default 3_000 */
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
