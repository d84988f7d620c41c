/** Lists name those at the top, however many there are. */
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Connection } from '../../core/reading/connection.js'
import { ConnectionList } from './connection-list.js'
import { Delays } from './delays.js'
import { Top } from './top.js'

const now = Date.now()

/** The position of a message, so many milliseconds ago. */
const ago = (ms: number) =>
  [(now - ms) * 1_000, 100_000 - ms].map((number) => String(number).padStart(16, '0')).join('_')

/** One of many, as far as a list looks at it: each lags by its own number of messages. */
function connectionOf(id: number): Connection {
  const log = { name: `rooms/${id % 100}`, head: ago(0), after: () => undefined }
  const subscription = { log, position: ago(id), state: 'behind', slow: 'catch-up', gaps: 0 }
  const wire = { sent: id, received: 1 }
  const principal = { id: `user ${id}` }
  return { id, principal, transport: 'websocket', wire, closed: false, subscriptions: new Set([subscription]) } as never
}

const many = Array.from({ length: 50_000 }, (_, id) => connectionOf(id))
const since = { address: '10.0.0.1', since: 1 }
const listOf = (connections: readonly Connection[], text = '') =>
  new ConnectionList('node', text, {
    connections: { size: connections.length, all: () => connections.map((one) => [one, since] as const) },
  })

describe('a list of 50,000 connections', () => {
  it('names 100 at most: those that lag most, first the last of all', async () => {
    const entries = [...(await listOf(many).read()).values()]
    expect(entries.length).toBe(100)
    expect(entries.slice(0, 50).map(({ connection }) => connection)).toEqual(
      Array.from({ length: 50 }, (_, number) => 49_999 - number),
    )
    expect(entries[0]).toMatchObject({ lag: { messages: 49_999 }, readings: [{ lag: { messages: 49_999 } }] })
  })

  it('names those that were sent most since it was read last', async () => {
    const some = Array.from({ length: 200 }, (_, id) => connectionOf(id))
    vi.useFakeTimers({ toFake: ['performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const list = listOf(some)
    await list.read()
    vi.advanceTimersByTime(1_000)
    Object.assign(some[0]?.wire ?? {}, { sent: 1_000_000 })
    const [busiest] = [...(await list.read()).values()].sort((a, b) => b.sentBytesPerSecond - a.sentBytesPerSecond)
    expect(busiest).toMatchObject({ connection: 0, sentBytes: 1_000_000, sentBytesPerSecond: 1_000_000 })
  })

  it('finds one of them by its principal', async () => {
    const entries = [...(await listOf(many, 'user 49999').read()).values()]
    expect(entries.map(({ principal }) => principal)).toEqual(['user 49999'])
  })
})

describe('the top of many', () => {
  it('is the greatest, in order, whatever order they came in', () => {
    const top = new Top<number>(3)
    for (const number of [5, 1, 9, 7, 3, 8, 2, 6, 4]) top.add(number, number)
    expect(top.all()).toEqual([9, 8, 7])
  })

  it('is all where there are few', () => {
    const top = new Top<string>(3)
    top.add('a', 0)
    top.add('b', 0)
    expect(top.all()).toEqual(['a', 'b'])
  })
})

describe('delays', () => {
  it('are summed up over the last minute', () => {
    const delays = new Delays()
    expect(delays.summary()).toBeUndefined()
    for (let ms = 1; ms <= 100; ms++) delays.add(ms)
    expect(delays.summary()).toEqual({ samples: 100, p50: 50, p99: 99 })
    expect(delays.summary(performance.now() + 61_000)).toBeUndefined()
  })
})
