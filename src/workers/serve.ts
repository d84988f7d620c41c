/** The worker's side of a thread: runs jobs one at a time and tells how they go. */
import { AnywireError } from '../protocol/error.js'
import { type Endpoint, expose, type Remote, transfer, wrap } from './comlink.js'
import { fromFault, toFault } from './fault.js'
import { loadJob } from './load.js'
import { reporter } from './progress.js'
import type { Order, PoolSide, WorkerSide } from './thread-port.js'

/**
 * Serves the port. `hold` resolves to the name of a lock that is held as long as the worker lives, where there are
 * locks.
 */
export function serve(endpoint: Endpoint, hold?: () => Promise<string | undefined>): void {
  const pool = wrap<PoolSide>(endpoint)
  let stop: AbortController | undefined
  const held = hold?.().then(async (lock) => {
    if (lock !== undefined) await pool.holds(lock)
  })
  const side: WorkerSide = {
    run(order) {
      stop = new AbortController()
      const { signal } = stop
      void (held ?? Promise.resolve()).then(() => answer(pool, order, signal))
    },
    abort: (reason) => stop?.abort(fromFault(reason)),
  }
  expose(side, endpoint)
}

/** Tells the one end that each job has. */
async function answer(pool: Remote<PoolSide>, order: Order, signal: AbortSignal): Promise<void> {
  try {
    const { value, moved } = await work(pool, order, signal)
    await pool.done(transfer({ value }, moved)).catch((thrown: unknown) => {
      throw new AnywireError('internal', 'The result of the job cannot be sent: return what can be cloned.', {
        cause: thrown,
      })
    })
  } catch (thrown) {
    const fault = toFault(thrown)
    await pool.failed(fault).catch(() => pool.failed(toFault(new Error(String(thrown)))))
  }
}

interface Result {
  readonly value: unknown
  readonly moved: Transferable[]
}

async function work(pool: Remote<PoolSide>, order: Order, signal: AbortSignal): Promise<Result> {
  const job = await loadJob(order.module, order.name)
  // It may have been cancelled while its module was on its way.
  signal.throwIfAborted()
  const moved: Transferable[] = []
  const { progress, told } = telling(pool, order.progress)
  const context = {
    progress,
    signal,
    transfer<Value>(value: Value, list: readonly Transferable[]): Value {
      moved.push(...list)
      return value
    },
  }
  try {
    return { value: await job(order.input as never, context), moved }
  } finally {
    await told()
  }
}

/** Progress on its way to the caller; `told` waits for the last of it and throws what could not be sent. */
function telling(pool: Remote<PoolSide>, wanted: boolean) {
  let sending: Promise<void> | undefined
  let unsent: AnywireError | undefined
  const { tell, end } = reporter((value) => {
    sending = pool.progress(value).catch((thrown: unknown) => {
      unsent = new AnywireError('internal', 'The progress of the job cannot be sent: tell what can be cloned.', {
        cause: thrown,
      })
    })
  })
  return {
    progress: wanted ? tell : () => {},
    async told() {
      end()
      await sending
      if (unsent) throw unsent
    },
  }
}
