/** `anywire/workers` in a browser: heavy jobs off the main thread. */
import { browser } from './browser.js'
import { type Pool, type PoolOptions, poolOn } from './pool.js'

export { AnywireError, type ErrorCode } from '../protocol/error.js'
export { type AnyJob, type InputOf, type Job, type JobContext, job, type OutputOf, type ProgressOf } from './job.js'
export type { OffloadOptions, Pool, PoolOptions } from './pool.js'

/** A pool of one's own, with its own workers and queue. Starts nothing yet. */
export const createPool = (options: PoolOptions = {}): Pool => poolOn(browser, options)

let shared: Pool | undefined

/** Runs a job in the pool that all of the page shares; see `Pool.offload`. */
export const offload: Pool['offload'] = (module, input, options) => {
  shared ??= createPool()
  return shared.offload(module, input, options)
}
