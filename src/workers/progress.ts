/** Thins out what a job tells of its progress: the newest value at most every so often. */

/** Milliseconds: a frame of a screen. */
const interval = 16

export interface Reporter {
  tell(value: unknown): void
  /** Sends what still waits, and no more after it. */
  end(): void
}

export function reporter(send: (value: unknown) => void): Reporter {
  let waiting: { value: unknown } | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let last = Number.NEGATIVE_INFINITY
  let over = false
  const flush = () => {
    clearTimeout(timer)
    timer = undefined
    if (!waiting) return
    const { value } = waiting
    waiting = undefined
    last = performance.now()
    send(value)
  }
  return {
    tell(value) {
      if (over) return
      waiting = { value }
      const due = last + interval - performance.now()
      // A job that never awaits starves its timers; it comes by here again instead.
      if (due <= 0) flush()
      else timer ??= setTimeout(flush, due)
    },
    end() {
      flush()
      over = true
    },
  }
}
