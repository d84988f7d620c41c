/** The page's end of a line to a worker. */

import { whenAborted } from '../abort.js'
import type { CorePort, FromCore, ToCore } from '../port.js'
import { type FromPage, freshName, type Hello, type ToPage } from './line.js'
import { hold, whenGone } from './locks.js'

export interface Events {
  readonly receive: (message: FromCore) => void
  /** The worker cannot be had. */
  readonly failed: () => void
  /** It was had, and is no more. */
  readonly lost: () => void
}

/** A shared worker that has not answered by then is not waited for. */
const patienceMs = 2_000

/** Messages sent before a core serves the page are dropped: after `moved` the client sends them again. */
export function talk(worker: SharedWorker | Worker, hello: Hello, { receive, failed, lost }: Events): CorePort {
  // One that is shared outlives the page, and may end before it: each holds a lock for the other.
  const shared = 'port' in worker
  const line = shared ? worker.port : worker
  const timer = shared ? setTimeout(failed, patienceMs) : undefined
  const ended = new AbortController()
  const { signal } = ended
  let turn: string | undefined

  const settled = () => {
    worker.onerror = null
    clearTimeout(timer)
  }
  const post = (message: FromPage) => line.postMessage(message)
  const send = (message: ToCore) => turn && post([turn, message])

  worker.onerror = failed
  line.onmessage = ({ data }: MessageEvent<ToPage>) => {
    if ('turn' in data) {
      settled()
      turn = data.turn
      if (shared) whenGone(turn, lost, signal)
    }
    receive(data)
  }
  if (shared) {
    const lock = freshName()
    const alive = (release?: () => void) => {
      if (release) whenAborted(signal, release)
      post({ ...hello, lock })
    }
    hold(lock).then(alive, () => post(hello))
  } else post(hello)

  return {
    send,
    close() {
      settled()
      line.onmessage = null
      send({ type: 'close' })
      ended.abort()
      if (shared) worker.port.close()
      else worker.terminate()
    },
  }
}
