/** What a module of the application offers to a worker: the job, and what the job is given. */

/** What a job is given besides its input. */
export interface JobContext<Progress = unknown> {
  /**
   * Tells the caller's `onProgress` how far the job is; anything that can be cloned. Call it as often as you like: at
   * most one value every 16 ms travels, always the newest, and the last one arrives before the result.
   */
  progress(value: Progress): void
  /**
   * Aborted, with the caller's reason, when the caller has cancelled. A job hears of it when it awaits something; one
   * that goes on longer than the pool's `graceMs` is ended together with its worker.
   */
  readonly signal: AbortSignal
  /**
   * Names what of the result moves to the caller instead of being copied, and answers the result:
   * `return transfer(pixels, [pixels.buffer])`. What has moved cannot be used in the worker any more.
   */
  transfer<Value>(value: Value, moved: readonly Transferable[]): Value
}

/** A function that runs in a worker. Input and result are cloned (structured clone) or moved. */
export type Job<Input = unknown, Output = unknown, Progress = unknown> = (
  input: Input,
  context: JobContext<Progress>,
) => Output | Promise<Output>

/** Any job; the bound of type parameters. */
export type AnyJob = Job<never, unknown, unknown>

export type InputOf<Work extends AnyJob> = Work extends (input: infer Input, context: never) => unknown ? Input : never
export type OutputOf<Work extends AnyJob> = Awaited<ReturnType<Work>>
export type ProgressOf<Work extends AnyJob> = Work extends (
  input: never,
  context: JobContext<infer Progress>,
) => unknown
  ? Progress
  : never

const registered = Symbol.for('anywire.job')

type Register = typeof globalThis & { [registered]?: AnyJob | undefined }

/**
 * Marks a function as the job of its module, and types it: `export default job<ImageData, ImageData>((input, { progress
 * }) => …)`. A module that is loaded as it is can do without; a bundler that builds a worker file drops its exports
 * (Vite does, for `?worker&url`), and then this is how the job is found.
 */
export function job<Input = unknown, Output = unknown, Progress = unknown>(
  work: Job<Input, Output, Progress>,
): Job<Input, Output, Progress> {
  const register: Register = globalThis
  register[registered] = work
  return work
}

/** What `job` was last called with, once. */
export function takeRegistered(): AnyJob | undefined {
  const register: Register = globalThis
  const work = register[registered]
  register[registered] = undefined
  return work
}
