/** Tests of what a node knows of itself: whether it can read what was revoked. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { deferred } from '../../../test/support/core/deferred.js'
import { Wheel } from '../../core/wheel.js'
import { Sight } from './sight.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function sightOf(refresh: () => Promise<void>, view = { loaded: true }) {
  const blind: number[] = []
  const wheel = new Wheel()
  const sight = new Sight({ view: { ...view, refresh }, wheel, blind: (ms) => blind.push(ms) })
  sight.start()
  return { sight, blind }
}

describe('a node', () => {
  it('looks twice a second', async () => {
    const refresh = vi.fn(async () => undefined)
    const { sight } = sightOf(refresh)
    await vi.advanceTimersByTimeAsync(2_100)
    expect(refresh.mock.calls.length).toBeGreaterThanOrEqual(3)
    expect(sight.isBlind).toBe(false)
    sight.close()
    refresh.mockClear()
    await vi.advanceTimersByTimeAsync(2_000)
    expect(refresh).not.toHaveBeenCalled()
  })

  it('is blind once a look failed, tells how long, and sees again when one does not', async () => {
    let fails = true
    const { sight, blind } = sightOf(() => (fails ? Promise.reject(new Error('away')) : Promise.resolve()))
    await vi.advanceTimersByTimeAsync(3_000)
    expect(sight.isBlind).toBe(true)
    expect(blind.at(-1)).toBeGreaterThan(1_500)
    expect(blind.at(-1)).toBeLessThan(3_000)
    fails = false
    await vi.advanceTimersByTimeAsync(600)
    expect(sight.isBlind).toBe(false)
  })

  it('is blind when a look is not answered for four more, and not before', async () => {
    const answer = deferred()
    const { sight } = sightOf(() => answer.promise)
    await vi.advanceTimersByTimeAsync(2_000)
    expect(sight.isBlind).toBe(false)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(sight.isBlind).toBe(true)
    answer.resolve()
    await vi.advanceTimersByTimeAsync(0)
    expect(sight.isBlind).toBe(false)
  })

  it('is not blind because its loop stood still', async () => {
    const answer = deferred()
    const { sight } = sightOf(() => answer.promise)
    await vi.advanceTimersByTimeAsync(600)
    vi.advanceTimersByTime(0)
    vi.setSystemTime(Date.now() + 60_000)
    await vi.advanceTimersByTimeAsync(600)
    expect(sight.isBlind).toBe(false)
  })

  it('that has not read anything yet is blind after some looks, not at the first', async () => {
    const { sight } = sightOf(async () => undefined, { loaded: false })
    await vi.advanceTimersByTimeAsync(1_100)
    expect(sight.isBlind).toBe(false)
    await vi.advanceTimersByTimeAsync(1_500)
    expect(sight.isBlind).toBe(true)
  })
})
