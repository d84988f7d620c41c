/** What became of the connection since this page was opened: what the client decided, and when. */
import { client } from './client.js'
import { newIn } from './decisions.js'
import { Value } from './value.js'

export interface Moment {
  /** In milliseconds since 1970. Undefined: before this page. */
  readonly at: number | undefined
  readonly text: string
}

const most = 50
const known = new Value<readonly Moment[]>([])
/** Oldest first. */
export const moments: Pick<Value<readonly Moment[]>, 'value' | 'subscribe'> = known

const note = (...made: readonly Moment[]) => known.set([...known.value, ...made].slice(-most))

/** To be called once, before anything is read. */
export function followTimeline(): void {
  let before: readonly string[] | undefined
  client.stats.subscribe(({ decisions }) => {
    // A connection that other tabs have had for a while has a past.
    const at = before ? Date.now() : undefined
    const made = newIn(before ?? [], decisions)
    before = decisions
    if (made.length > 0) note(...made.map((text) => ({ at, text })))
  })
  client.state.subscribe((state) => {
    if (state !== 'open') note({ at: Date.now(), text: state })
    else before ??= []
  })
}
