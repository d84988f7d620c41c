/** Tests of counting work that is under way. */
import { expect, it } from 'vitest'
import { Pending } from './pending.js'

it('is idle when the last of all is settled, however it ends', async () => {
  const pending = new Pending()
  await pending.idle()
  const settle: { one?: () => void; other?: (error: Error) => void } = {}
  const one = new Promise<void>((resolve) => {
    settle.one = resolve
  })
  const other = new Promise<void>((_, reject) => {
    settle.other = reject
  })
  expect([pending.track(one), pending.track(other)]).toEqual([one, other])
  let idle = false
  const waiting = pending.idle().then(() => {
    idle = true
  })
  settle.one?.()
  await one
  await null
  expect([pending.size, idle]).toEqual([1, false])
  settle.other?.(new Error('No.'))
  await expect(other).rejects.toThrow('No.')
  await waiting
  expect(pending.size).toBe(0)
})
