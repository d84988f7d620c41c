/** An attempt: the best transport first, the others after a head start each; the first that is proven is the winner. */
import type { AnywireError } from '../protocol/error.js'
import type { Link, Transport } from './link.js'

/** Errors that say less than the server's own ones, the most specific first. */
const mute: readonly string[] = ['timeout', 'unavailable', 'not-acceptable']

/**
 * Answers what ends it: no further transport is begun. `failed` is called when all have failed, with what says most.
 * `won` may be called once more: by a better transport that is proven later.
 */
export function race(
  order: readonly Transport[],
  headStartMs: number,
  enter: (transport: Transport, won: (link: Link) => void, failed: (error: AnywireError) => void) => void,
  won: (link: Link) => void,
  failed: (error: AnywireError) => void,
): () => void {
  const failures: AnywireError[] = []
  let started = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  const next = () => {
    clearTimeout(timer)
    const transport = order[started++]
    if (!transport) return
    timer = setTimeout(next, headStartMs)
    enter(
      transport,
      (link) => {
        started = order.length
        won(link)
      },
      (error) => {
        failures.push(error)
        if (failures.length < order.length) next()
        else failed(clearest(failures))
      },
    )
  }
  next()
  return () => clearTimeout(timer)
}

function clearest(failures: readonly AnywireError[]): AnywireError {
  // What is not mute comes first, as -1.
  const place = ({ code }: AnywireError) => mute.indexOf(code)
  return failures.reduce((one, other) => (place(other) < place(one) ? other : one))
}
