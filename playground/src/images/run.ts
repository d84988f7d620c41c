/** Does a job in a worker, or on this page; tells how far it is, how long it took, and how long the page stood still. */
import { createPool } from 'anywire/workers'
import { useEffect, useRef, useState } from 'preact/hooks'
import { toast } from '../shell/toasts.js'
import { watchPauses } from './pauses.js'
import { buffersOf, type Name, type Order, perform, type ResultOf } from './work/jobs.js'
import type performOrder from './work/worker.js'
import workerUrl from './work/worker.js?worker&url'

export type Place = 'worker' | 'page'

export interface Run {
  readonly name: Name | undefined
  readonly state: 'idle' | 'running' | 'done' | 'cancelled'
  readonly place: Place
  /** 0 to 1. */
  readonly done: number
  readonly tookMs: number
  readonly pauseMs: number
}

/** Kept while one looks at what was made: a new worker is slow at first. These jobs never await, so none stops by itself. */
const pool = createPool({ idleMs: 300_000, graceMs: 0 })

/** The order's buffers move away; its result's move back. */
async function inWorker<N extends Name>(order: Order<N>, onProgress: (done: number) => void, signal: AbortSignal) {
  const options = { transfer: buffersOf(order.input), onProgress, signal }
  return (await pool.offload<typeof performOrder>(workerUrl, order, options)) as ResultOf<N>
}

/** How often progress is drawn. */
const tellMs = 100

const idle: Run = { name: undefined, state: 'idle', place: 'worker', done: 0, tookMs: 0, pauseMs: 0 }

export interface Runner {
  readonly run: Run
  /** What came to its end last, in each place. */
  readonly finished: Readonly<Partial<Record<Place, Run>>>
  /** Answers the result; undefined if it was cancelled. The buffers of the order are given away. */
  start<N extends Name>(place: Place, order: Order<N>): Promise<ResultOf<N> | undefined>
  cancel(): void
}

export function useRun(): Runner {
  const [run, setRun] = useState(idle)
  const [finished, setFinished] = useState<Runner['finished']>({})
  const controller = useRef(new AbortController())
  useEffect(() => () => controller.current.abort(), [])
  const start = async <N extends Name>(place: Place, order: Order<N>) => {
    controller.current = new AbortController()
    const { signal } = controller.current
    let begun = performance.now()
    const pause = watchPauses()
    const now = (state: Run['state'], done: number, pauseMs = 0): Run => {
      return { name: order.name, state, place, done, tookMs: performance.now() - begun, pauseMs }
    }
    let toldAt = Number.NEGATIVE_INFINITY
    // To draw each step would take from the worker what it works with, where there are few processors.
    const progress = (done: number) => {
      if (performance.now() - toldAt < tellMs) return
      toldAt = performance.now()
      setRun(now('running', done))
    }
    progress(0)
    try {
      // The page is drawn once more before it stands still.
      if (place === 'page') await new Promise((drawn) => setTimeout(drawn, 50))
      begun = performance.now()
      const result = place === 'page' ? perform(order, () => undefined) : await inWorker(order, progress, signal)
      const tookMs = performance.now() - begun
      await new Promise((turn) => setTimeout(turn))
      const run = { ...now('done', 1, pause()), tookMs }
      setRun(run)
      setFinished((before) => ({ ...before, [place]: run }))
      return result
    } catch (thrown) {
      setRun(now('cancelled', 0, pause()))
      if (!signal.aborted) toast(`The job failed: ${thrown instanceof Error ? thrown.message : thrown}`)
      return undefined
    }
  }
  return { run, finished, start, cancel: () => controller.current.abort() }
}
