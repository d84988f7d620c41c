/** Which transport is tried first, and after how long. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { AnywireError } from '../protocol/error.js'
import { transports } from './link.js'
import { createPolicy, type Memory, type PolicyOptions } from './policy.js'
import { usualTimes } from './times.js'

const away = new AnywireError('unavailable', 'It is away.')

const policyOf = (options: Omit<PolicyOptions, 'times'>) => createPolicy({ times: usualTimes, ...options })

describe('policy', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('tries the best first, in whatever order they are named', () => {
    expect(policyOf({ transports: ['poll', 'stream', 'websocket'] }).order()).toEqual(transports)
    expect(policyOf({ transports: ['poll', 'websocket'] }).order()).toEqual(['websocket', 'poll'])
  })

  it('tries a demoted one last, and looks for it again when its time is over', () => {
    const policy = policyOf({ transports })
    policy.demote('websocket')
    expect(policy.order()).toEqual(['stream', 'poll', 'websocket'])
    expect(policy.better('stream')).toBeUndefined()
    vi.advanceTimersByTime(60_000)
    expect(policy.order()).toEqual(transports)
    expect(policy.better('stream')).toBe('websocket')
    expect(policy.better('websocket')).toBeUndefined()
  })

  it('demotes for longer each time, and forgets when one has lived', () => {
    const policy = policyOf({ transports })
    policy.demote('websocket')
    policy.demote('websocket')
    vi.advanceTimersByTime(60_000)
    expect(policy.isDemoted('websocket')).toBe(true)
    policy.lived('websocket')
    policy.demote('websocket')
    vi.advanceTimersByTime(60_000)
    expect(policy.isDemoted('websocket')).toBe(false)
  })

  it('demotes one that dies young twice in a row, and not one that lived between', () => {
    const policy = policyOf({ transports })
    const demoted = [500, 11_000, 500, 500].map((livedMs) => {
      policy.lost('websocket', livedMs)
      return policy.isDemoted('websocket')
    })
    expect(demoted).toEqual([false, false, false, true])
    expect(policy.order()[0]).toBe('stream')
  })

  it('demotes those that one was proven before, takes it back of one that came after all, and nothing else', () => {
    const policy = policyOf({ transports })
    policy.won('stream')
    expect(policy.order()).toEqual(['stream', 'poll', 'websocket'])
    policy.demote('stream')
    policy.won('websocket')
    expect(policy.order()).toEqual(['websocket', 'poll', 'stream'])
  })

  it('goes on from what was learnt before', () => {
    let kept: Memory | undefined
    const learnt = (memory: Memory) => {
      kept = memory
    }
    policyOf({ transports, learnt }).demote('websocket')
    expect(policyOf({ transports, memory: kept }).order()[0]).toBe('stream')
  })

  it('waits longer at most with each failure, by chance, and as long as the server says', () => {
    const policy = policyOf({ transports })
    vi.spyOn(Math, 'random').mockReturnValue(1)
    const waits = Array.from({ length: 60 }, () => policy.wait(away))
    expect(waits).toEqual(waits.toSorted((a, b) => a - b))
    expect([waits[0], waits.at(-1)]).toEqual([40, 20_000])
    expect(policy.wait(new AnywireError('too-many', 'Later.', { details: { retryMs: 7 } }))).toBe(7)
    policy.lived('poll')
    expect(policy.wait(away)).toBe(40)
    vi.restoreAllMocks()
  })

  it('tries ten times in the first three seconds that a server is away, and at once after a cut', () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5)
    const policy = policyOf({ transports })
    let attempts = 1
    for (let ms = policy.wait(away); ms < 3_000; ms += policy.wait(away)) attempts++
    expect(attempts).toBe(10)
    expect(policyOf({ transports }).wait(away)).toBe(20)
    vi.restoreAllMocks()
  })

  it('leaves a server that is slow alone for longer than one that is away', () => {
    vi.spyOn(Math, 'random').mockReturnValue(1)
    const slow = policyOf({ transports })
    const waits = Array.from({ length: 4 }, () => slow.wait(new AnywireError('timeout', 'No proof came.')))
    expect(waits[3]).toBeGreaterThan(300)
    vi.restoreAllMocks()
  })
})
