/** What presence says to a server, and when. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { PublishRequest } from '../protocol/anywire-frame.js'
import type { Client } from './client.js'
import type { PublishAnswer } from './port.js'
import { openPresence } from './presence.js'
import { createSignal } from './signal.js'
import type { State } from './stats.js'
import type { Subscription } from './subscription.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function presenceOf(state?: unknown) {
  const link = createSignal<State>('open')
  const answers = createSignal<PublishAnswer | undefined>(undefined)
  const requests: PublishRequest[] = []
  const read: string[] = []
  let tell: (item: object) => void = () => {}
  const subscribe = (channel: string, _options: unknown, onItem: (item: object) => void) => {
    read.push(channel)
    if (channel.startsWith('$')) tell = onItem
    const never = new Promise<never>(() => {})
    const close = () => void read.splice(read.indexOf(channel), 1)
    return { opened: never, closed: never, close } as unknown as Subscription
  }
  const client = { state: link, subscribe } as unknown as Client
  const presence = openPresence(client, (asked) => void requests.push(...asked), answers, 'a', state)
  const idOf = (n: number) => Number(requests[n]?.id)
  return {
    link,
    requests,
    read,
    set: (next: unknown) => presence.set(next as never),
    close: presence.close,
    closed: presence.closed,
    roster: presence.roster,
    /** A message of the roster. */
    tell: (key: string, data?: object) => tell({ kind: 'message', key, data }),
    said: () => requests.map(({ data }) => data),
    store: (n: number) => answers.set({ type: 'published', id: idOf(n) }),
    refuse: (n: number, code: 'forbidden' | 'store-down') =>
      answers.set({ type: 'refused', id: idOf(n), error: { code, message: 'No.' } }),
  }
}

describe('presence', () => {
  it('reads the roster, and the channel as long as it has a state', () => {
    const { read, set, close } = presenceOf()
    expect(read).toEqual(['$presence/a'])
    set('here')
    expect(read).toEqual(['$presence/a', 'a'])
    set(null)
    expect(read).toEqual(['$presence/a'])
    close()
    expect(read).toEqual([])
  })

  it('says the newest state twice a second at most', () => {
    const { said, set, store } = presenceOf(1)
    vi.advanceTimersByTime(0)
    store(0)
    set(2)
    set(3)
    vi.advanceTimersByTime(499)
    expect(said()).toEqual([1])
    vi.advanceTimersByTime(1)
    expect(said()).toEqual([1, 3])
  })

  it('says nothing twice that was answered', () => {
    const { said, set, store } = presenceOf({ typing: true })
    vi.advanceTimersByTime(0)
    store(0)
    set({ typing: true })
    vi.advanceTimersByTime(60_000)
    expect(said()).toEqual([{ typing: true }])
  })

  it('says its state to each server that it comes to, and nothing without one', () => {
    const { said, set, link, store } = presenceOf(1)
    vi.advanceTimersByTime(0)
    store(0)
    link.set('waiting')
    set(2)
    vi.advanceTimersByTime(60_000)
    expect(said()).toEqual([1])
    link.set('open')
    vi.advanceTimersByTime(500)
    store(1)
    link.set('waiting')
    link.set('open')
    vi.advanceTimersByTime(500)
    expect(said()).toEqual([1, 2, 2])
  })

  it('says again what is not answered, or was refused for the moment', () => {
    const { said, refuse, store } = presenceOf(1)
    vi.advanceTimersByTime(10_000)
    expect(said()).toEqual([1, 1])
    refuse(0, 'store-down')
    vi.advanceTimersByTime(500)
    expect(said()).toEqual([1, 1])
    refuse(1, 'store-down')
    vi.advanceTimersByTime(500)
    expect(said()).toEqual([1, 1, 1])
    store(2)
    vi.advanceTimersByTime(60_000)
    expect(said()).toEqual([1, 1, 1])
  })

  it('is over when its state is refused for good', async () => {
    const { closed, refuse, read } = presenceOf(1)
    vi.advanceTimersByTime(0)
    refuse(0, 'forbidden')
    await expect(closed).rejects.toMatchObject({ code: 'forbidden' })
    expect(read).toEqual([])
  })

  it('has ids of its own, which no other presence has', () => {
    const [one, other] = [presenceOf(1), presenceOf(1)]
    vi.advanceTimersByTime(0)
    const ids = [...one.requests, ...other.requests].map(({ id }) => Number(id))
    expect(ids.every((id) => id < 0)).toBe(true)
    expect(new Set(ids).size).toBe(2)
  })

  it('shows no empty roster while counts turn into names, and one when nobody is left', async () => {
    const { roster, tell, close } = presenceOf()
    const shown: (number | undefined)[] = []
    roster.subscribe((now) => shown.push(now?.count))
    tell('$count', { members: 3, connections: 4 })
    await vi.advanceTimersByTimeAsync(0)
    tell('$count')
    await vi.advanceTimersByTimeAsync(200)
    tell('ann', { member: 'ann', state: null, connections: 1, since: 1 })
    await vi.advanceTimersByTimeAsync(5_000)
    expect(new Set(shown)).toEqual(new Set([3, 1]))
    tell('ann')
    await vi.advanceTimersByTimeAsync(0)
    expect(shown.at(-1)).toBe(0)
    close()
    tell('bob', { member: 'bob', state: null, connections: 1, since: 2 })
    await vi.advanceTimersByTimeAsync(5_000)
    expect(shown.at(-1)).toBe(0)
  })
})
