/** `createPool`: what the application sees of the workers. */
import { AnywireError } from '../protocol/error.js'
import type { AnyJob, InputOf, OutputOf, ProgressOf } from './job.js'
import type { Platform } from './platform.js'
import { Task } from './task.js'
import { Threads } from './threads.js'

export interface PoolOptions {
  /**
   * Workers that run at the same time, a whole number from 1. More than the machine has cores gain nothing. Each costs
   * a few MB and loads its modules anew.
   * @default one less than the machine has cores, but at least 1 and at most 4
   * @unit workers
   */
  size?: number
  /**
   * Milliseconds without work after which a worker is ended. `null` keeps workers until the pool is closed.
   * @default 10_000
   */
  idleMs?: number | null
  /**
   * Milliseconds that a cancelled job has to stop by itself. Then its worker is ended and replaced. The caller does not
   * wait for that; the next job in the queue may.
   * @default 500
   */
  graceMs?: number
}

export interface OffloadOptions<Progress = unknown> {
  /**
   * What of the input is moved to the worker instead of copied, as for `postMessage`: `[image.data.buffer]`. The caller
   * loses it when `offload` returns, even if the job waits.
   * @default []
   */
  transfer?: readonly Transferable[]
  /**
   * Called with the progress that the job reports, at most every 16 ms. If it throws, the job is cancelled and
   * `offload` rejects with that error.
   */
  onProgress?: (value: Progress) => void
  /**
   * Cancels: `offload` rejects at once with the signal's reason. A job that waits never starts. One that runs gets its
   * own `signal`. If it goes on for longer than `graceMs`, its worker is ended.
   */
  signal?: AbortSignal | undefined
  /** The name of the export that is the job. @default 'default' */
  export?: string
}

/** A few workers, started when they are needed, and a queue in the order of the calls. */
export interface Pool {
  /**
   * Runs a job in a worker and resolves to its result.
   *
   * `module` is the URL of an ES module: `new URL('./blur.js', import.meta.url)`, or a string relative to the page. Its
   * default export is the job: `export default async function (input, { progress, signal, transfer }) {…}`. Name the
   * job's type to have input, progress and result checked: `offload<typeof blur>(…)`.
   *
   * Rejects with what the job throws (name, message, stack, `code` and `cause` are kept), with the reason of `signal`,
   * or with an `AnywireError`: `bad-request` when the input cannot be cloned or the module has no such export,
   * `unavailable` when the module or the worker cannot be loaded, `internal` when the worker fails or the result
   * cannot be cloned, `closed` when the pool is closed.
   */
  offload<Work extends AnyJob = AnyJob>(
    module: URL | string,
    input: [InputOf<Work>] extends [never] ? unknown : InputOf<Work>,
    options?: OffloadOptions<ProgressOf<Work>>,
  ): Promise<OutputOf<Work>>
  /** Ends every worker at once; what waits or runs rejects with the code `closed`. */
  close(): void
  [Symbol.dispose](): void
}

const defaults = { idleMs: 10_000, graceMs: 500 } as const

/** The most workers of a pool that was told no size. */
const most = 4

/** A pool for a platform. Throws `bad-request` for a size that runs nothing. */
export function poolOn(platform: Platform, options: PoolOptions = {}): Pool {
  const { size = Math.max(1, Math.min(platform.cores() - 1, most)) } = options
  if (!Number.isInteger(size) || size < 1) {
    throw new AnywireError('bad-request', `A pool of ${size} workers runs nothing: pass a whole number from 1.`)
  }
  const threads = new Threads(platform, { ...defaults, ...options, size })
  let closed = false
  const close = () => {
    closed = true
    threads.close(closedError())
  }
  return {
    close,
    [Symbol.dispose]: close,
    offload: <Work extends AnyJob>(
      module: URL | string,
      input: unknown,
      options: OffloadOptions<ProgressOf<Work>> = {},
    ) =>
      new Promise<OutputOf<Work>>((resolve, reject) => {
        options.signal?.throwIfAborted()
        if (closed) throw closedError()
        const url = absolute(module, platform.base())
        start({ threads, url, input, options, resolve: (value) => resolve(value as OutputOf<Work>), reject })
      }),
  }
}

interface Start<Progress> {
  readonly threads: Threads
  readonly url: string
  readonly input: unknown
  readonly options: OffloadOptions<Progress>
  resolve(value: unknown): void
  reject(reason: unknown): void
}

function start<Progress>({ threads, url, input, options, resolve, reject }: Start<Progress>): void {
  const { transfer = [], onProgress, signal, export: name = 'default' } = options
  let over = false
  const end = (tell: (value: unknown) => void) => (value: unknown) => {
    over = true
    signal?.removeEventListener('abort', abort)
    tell(value)
  }
  const [done, failed] = [end(resolve), end(reject)]
  const progress = (value: unknown) => {
    if (over) return
    try {
      onProgress?.(value as Progress)
    } catch (thrown) {
      cancel(thrown)
    }
  }
  const order = { module: url, name, input, progress: onProgress !== undefined }
  const task = new Task({ progress, done, failed }, order, transfer)
  const cancel = (reason: unknown) => {
    failed(reason)
    threads.cancel(task, reason)
  }
  const abort = () => cancel(signal?.reason)
  signal?.addEventListener('abort', abort)
  threads.add(task)
}

function absolute(module: URL | string, base: string | undefined): string {
  if (URL.canParse(module, base)) return new URL(module, base).href
  const sentence = `"${module}" is not the URL of a module: pass new URL('./job.js', import.meta.url).`
  throw new AnywireError('bad-request', sentence)
}

const closedError = () => new AnywireError('closed', 'The pool is closed: make another with createPool().')
