/** What has been read, newest first, and how the reading went. */
import { useEffect, useReducer, useState } from 'preact/hooks'
import { type Lost, type Printed, type Reader, readNews } from './stream.js'

export type Entry = Printed | Lost

export interface Paper {
  readonly entries: readonly Entry[]
  readonly state: Parameters<Reader['state']>[0]
  /** How often the browser has come back. */
  readonly returns: number
  /** Headlines that were sent again after it came back, and known already. */
  readonly repeats: number
  readonly position: string
}

type Change = (paper: Paper) => Paper

const most = 200
/** What comes within this time is drawn together: a browser tells each event of a burst in a turn of its own. */
const togetherMs = 50
/** And at first within this: the paper is printed once, not desk by desk. */
const firstMs = 300
const empty: Paper = { entries: [], state: 'connecting', returns: 0, repeats: 0, position: '' }

/** A message may come twice after a cut: its offset tells. */
export const add =
  (entry: Entry): Change =>
  (paper) =>
    paper.entries.some(({ id }) => id === entry.id)
      ? { ...paper, repeats: paper.repeats + 1 }
      : { ...paper, entries: [entry, ...paper.entries].sort((a, b) => b.at - a.at).slice(0, most) }

const turn =
  (state: Paper['state']): Change =>
  (paper) => {
    const isBack = state === 'open' && paper.state === 'connecting' && paper.entries.length > 0
    return { ...paper, state, returns: paper.returns + (isBack ? 1 : 0) }
  }

/** The paper, and what begins to read it anew when the browser has given up. */
export function usePaper(): readonly [Paper, () => void] {
  const [edition, setEdition] = useState(0)
  const [paper, change] = useReducer((before: Paper, next: Change) => next(before), empty)
  useEffect(() => {
    const { add: put, end } = together(change)
    const stop = readNews({
      headline: (headline) => put(add(headline)),
      lost: (gap) => put(add(gap)),
      state: (state) => put(turn(state)),
      position: (position) => put((before) => ({ ...before, position })),
    })
    return () => {
      stop()
      end()
    }
  }, [edition])
  return [paper, () => setEdition(edition + 1)]
}

/** Makes one change of those that come soon after each other. */
function together(change: (next: Change) => void) {
  let waiting: Change[] = []
  let pauseMs = firstMs
  let timer: ReturnType<typeof setTimeout> | undefined
  const flush = () => {
    const changes = waiting
    waiting = []
    timer = undefined
    pauseMs = togetherMs
    change((paper) => changes.reduce((before, next) => next(before), paper))
  }
  return {
    add(next: Change) {
      waiting.push(next)
      timer ??= setTimeout(flush, pauseMs)
    },
    end: () => clearTimeout(timer),
  }
}
