/** The poll of the tutorials: ask, wait, get what came since one has asked, ask again. It has no position. */
import type { Load } from '../../channels.js'
import { ask, type Form, loop, mountOf } from './form.js'

const lane = 'plain-poll'

export const plainPoll: Form = {
  name: 'Plain poll',
  lane,
  ask: 'GET ?live=poll',
  resumes: false,
  many: false,
  open([channel = ''], _, events) {
    return loop(async (signal) => {
      for (let first = true; ; first = false) {
        const response = await ask(`${mountOf(lane)}/${channel}?live=poll`, { signal })
        const text = response.status === 200 ? await response.text() : ''
        if (first) events.opened(sentAfter(response.url))
        for (const load of JSON.parse(text || '[]') as Load[]) events.message(channel, load)
      }
    }, events)
  },
}

/** How long it took until the request was on its way: the answer itself waits for news. */
function sentAfter(url: string): number | undefined {
  const [entry] = performance.getEntriesByName(url, 'resource').slice(-1) as PerformanceResourceTiming[]
  performance.clearResourceTimings()
  return entry && entry.requestStart - entry.startTime
}
