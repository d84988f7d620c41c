/** How `anywire/workers` is typed: by the job that is named. */
import { job, offload } from 'anywire/workers'
import { same } from './same.js'

const count = job<readonly string[], number, { done: number }>((words, { progress }) => {
  progress({ done: words.length })
  return words.length
})

const counted = offload<typeof count>(new URL('./count.js', import.meta.url), ['a', 'b'], {
  onProgress: ({ done }) => same<typeof done, number>(),
})
same<typeof counted, Promise<number>>()

// @ts-expect-error words are strings
void offload<typeof count>(new URL('./count.js', import.meta.url), [1])
