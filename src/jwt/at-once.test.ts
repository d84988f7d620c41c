/** Tests of jobs of which few run at once. */
import { describe, expect, it } from 'vitest'
import { AtOnce } from './at-once.js'

/** A job that ends when it is told to. */
function job(fails = false) {
  let end: () => void = () => undefined
  const ended = new Promise<void>((resolve, reject) => {
    end = () => (fails ? reject(new Error('failed')) : resolve())
  })
  return { run: () => ended, end }
}

describe('jobs at once', () => {
  it('are at most so many, and the others follow in their order, also after one that failed', async () => {
    const lane = new AtOnce(2)
    const jobs = [job(), job(true), job(), job()]
    const begun: number[] = []
    const ends = jobs.map((one, index) =>
      lane
        .run(() => {
          begun.push(index)
          return one.run()
        })
        .catch((error: Error) => error.message),
    )
    expect(begun).toEqual([0, 1])
    jobs[1]?.end()
    expect(await ends[1]).toBe('failed')
    expect(begun).toEqual([0, 1, 2])
    jobs[0]?.end()
    await ends[0]
    expect(begun).toEqual([0, 1, 2, 3])
    for (const one of jobs) one.end()
    await Promise.all(ends)
    const again = [job(), job(), job()].map((one) => {
      let running = false
      void lane.run(() => {
        running = true
        return one.run()
      })
      return running
    })
    expect(again).toEqual([true, true, false])
  })
})
