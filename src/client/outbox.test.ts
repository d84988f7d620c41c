/** Tests of the outbox in memory, with a core that the test plays. */
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { deferred } from '../../test/support/core/deferred.js'
import type { PublishRequest } from '../protocol/anywire-frame.js'
import { AnywireError, type ErrorCode, type ErrorDetails } from '../protocol/error.js'
import { OutboxLane } from './lane.js'
import { Outbox, type OutboxOptions } from './outbox.js'
import type { OutboxStore, Slot } from './outbox-store.js'

type Request = PublishRequest & { id: number }

const closed = new AnywireError('closed', 'No more.')

/** An outbox, and each burst of requests that it sent. */
function outboxOf(options: Partial<OutboxOptions> = {}) {
  const bursts: Request[][] = []
  const outbox = new Outbox({
    send: (requests) => bursts.push(requests as Request[]),
    ...options,
  })
  onTestFinished(() => outbox.close(closed))
  const ends: unknown[] = []
  const say = (data: unknown, channel = 'a') => {
    const end = outbox.publish({ channel, data })
    end.then(
      ({ offset }) => ends.push([data, offset]),
      ({ code }: AnywireError) => ends.push([data, code]),
    )
    return end
  }
  /** The n-th burst. */
  const burst = (n: number) => vi.waitFor(() => expect(bursts[n - 1]).toBeDefined(), 30_000).then(() => bursts[n - 1]!)
  const refuse = ({ id }: Request, code: ErrorCode, details: ErrorDetails = {}) =>
    outbox.answered({ type: 'refused', id, error: { ...details, code, message: 'No.' } })
  const store = ({ id }: Request, offset = 'there') => outbox.answered({ type: 'published', id, offset })
  return { outbox, bursts, burst, say, ends, refuse, store }
}

const numbers = (requests: readonly Request[]) =>
  requests.map(({ data, producer }) => [data, producer!.epoch, producer!.seq])
const dataOf = (requests: readonly Request[]) => requests.map(({ data }) => data)

describe('publish', () => {
  it('sends a burst as one, numbered in each channel', async () => {
    const { say, burst } = outboxOf()
    for (const [data, channel] of [
      [1, 'a'],
      [2, 'b'],
      [3, 'a'],
    ] as const)
      void say(data, channel)
    expect(numbers(await burst(1))).toEqual([
      [1, 0, 0],
      [2, 0, 0],
      [3, 0, 1],
    ])
  })

  it('resolves with what the server answered', async () => {
    const { outbox, say, burst } = outboxOf()
    const end = say(1)
    const [{ id } = { id: 0 }] = await burst(1)
    outbox.answered({ type: 'published', id, offset: 'there', duplicate: true, reply: 'yes' })
    expect(await end).toEqual({ offset: 'there', duplicate: true, reply: 'yes' })
    await vi.waitFor(() => expect(outbox.size).toBe(0), 30_000)
  })

  it('has at most 64 of a channel under way, and as many of another', async () => {
    const { say, burst, store } = outboxOf()
    for (let n = 0; n < 70; n++) void say(n)
    const first = await burst(1)
    expect(first).toHaveLength(64)
    for (const request of first.slice(0, 2)) store(request)
    expect(dataOf(await burst(2))).toEqual([64, 65])
    for (let n = 0; n < 70; n++) void say(n, 'b')
    expect(await burst(3)).toHaveLength(64)
  })

  it('goes on in other channels while the publishes of seven hang', async () => {
    const { outbox, burst, bursts, say, store } = outboxOf()
    for (let n = 0; n < 70; n++) for (const channel of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) void say(n, channel)
    await burst(1)
    for (let n = 0; n < 20; n++) {
      const end = outbox.publish({ channel: 'quick', data: n })
      store((await burst(bursts.length + 1)).at(-1)!)
      await end
    }
  })

  it('looks through those that wait in one channel as often for 16,000 as for 1,000', async () => {
    const lists = vi.spyOn(OutboxLane.prototype, 'entries', 'get')
    onTestFinished(() => lists.mockRestore())
    const looksFor = async (count: number) => {
      const order: number[] = []
      const outbox: Outbox = new Outbox({
        maxMessages: count,
        send(requests) {
          queueMicrotask(() => {
            for (const { id, data } of requests as Request[]) {
              order.push(data as number)
              outbox.answered({ type: 'published', id, offset: 'there' })
            }
          })
        },
      })
      onTestFinished(() => outbox.close(closed))
      const before = lists.mock.calls.length
      await Promise.all(Array.from({ length: count }, (_, data) => outbox.publish({ channel: 'a', data })))
      expect(order).toEqual(Array.from({ length: count }, (_, n) => n))
      return lists.mock.calls.length - before
    }
    expect(await looksFor(16_000)).toBe(await looksFor(1_000))
  })

  it('is refused when too many wait', async () => {
    const { outbox, say } = outboxOf({ maxMessages: 2 })
    void say(1)
    void say(2)
    const full = expect.objectContaining({ code: 'too-many', message: expect.stringContaining('2 publishes wait') })
    await expect(outbox.publish({ channel: 'a', data: 3 })).rejects.toEqual(full)
  })

  it('is refused when what waits has too many bytes, and taken again when there is room', async () => {
    const { outbox, say, burst, store } = outboxOf({ maxBytes: 100 })
    void say('語'.repeat(20))
    const refused = outbox.publish({ channel: 'a', data: 'x'.repeat(20) })
    await expect(refused).rejects.toMatchObject({ code: 'too-many', message: expect.stringContaining('maxBytes') })
    store((await burst(1))[0]!)
    await vi.waitFor(() => expect(outbox.size).toBe(0), 30_000)
    void say('語'.repeat(20))
    expect(await burst(2)).toHaveLength(1)
  })

  it('keeps what was given, whatever becomes of the object', async () => {
    const { say, burst } = outboxOf()
    const data = { text: 'a' }
    void say(data)
    data.text = 'b'
    expect(dataOf(await burst(1))).toEqual([{ text: 'a' }])
  })

  it.each([[() => 1], [1n], [Symbol('a')]])('refuses what is not JSON: %s', async (data) => {
    const { outbox } = outboxOf()
    await expect(outbox.publish({ channel: 'a', data })).rejects.toMatchObject({ code: 'bad-request' })
  })

  it('does not call `queued` where a reload would lose it', async () => {
    const { outbox, burst, store } = outboxOf()
    let queued = false
    const end = outbox.publish(
      { channel: 'a', data: 1 },
      {
        queued() {
          queued = true
        },
      },
    )
    store((await burst(1))[0]!)
    await end
    expect(queued).toBe(false)
  })
})

describe('linked', () => {
  it('sends what is not answered again, in order, under the same numbers', async () => {
    const { outbox, say, burst, store } = outboxOf()
    for (const n of [1, 2, 3]) void say(n)
    store((await burst(1))[0]!)
    outbox.linked()
    expect(numbers(await burst(2))).toEqual([
      [2, 0, 1],
      [3, 0, 2],
    ])
  })

  it('still takes the word of the line before that something is stored', async () => {
    const { outbox, say, burst, store } = outboxOf()
    const end = say(1)
    const [before] = await burst(1)
    outbox.linked()
    await burst(2)
    store(before!)
    expect(await end).toMatchObject({ offset: 'there' })
  })

  it('no longer takes its word that something is not stored', async () => {
    const { outbox, say, burst, store, refuse } = outboxOf()
    const end = say(1)
    const [before] = await burst(1)
    outbox.linked()
    const [after] = await burst(2)
    refuse(before!, 'sequence-gap', { expected: 0 })
    refuse(before!, 'forbidden')
    store(after!)
    expect(await end).toMatchObject({ offset: 'there' })
  })
})

describe('refused', () => {
  it('rejects what is refused for good, and begins an epoch when the server misses its number', async () => {
    const { say, burst, refuse, ends } = outboxOf()
    for (const n of [1, 2, 3]) void say(n)
    const [one, two, three] = await burst(1)
    refuse(one!, 'rejected')
    refuse(two!, 'bad-request', { expected: 0 })
    refuse(three!, 'bad-request', { expected: 0 })
    expect(numbers(await burst(2))).toEqual([
      [2, 1, 0],
      [3, 1, 1],
    ])
    expect(ends).toEqual([[1, 'rejected']])
  })

  it('gives the number of the last one, refused at once, to the next', async () => {
    const { say, burst, refuse, store } = outboxOf()
    void say(1)
    refuse((await burst(1))[0]!, 'rejected')
    void say(2)
    const [two] = await burst(2)
    expect(numbers([two!])).toEqual([[2, 0, 0]])
    store(two!)
  })

  it('does not give it away if an earlier request may still be under way', async () => {
    const { outbox, say, burst, refuse } = outboxOf()
    void say(1)
    await burst(1)
    outbox.linked()
    refuse((await burst(2))[0]!, 'rejected')
    void say(2)
    expect(numbers(await burst(3))).toEqual([[2, 0, 1]])
  })

  it('sends again in order, after the time that the server names, under the same numbers', async () => {
    const { say, burst, bursts, refuse } = outboxOf()
    for (const n of [1, 2, 3]) void say(n)
    void say(4, 'b')
    const [, two, three] = await burst(1)
    refuse(two!, 'too-many', { retryMs: 5 })
    refuse(three!, 'sequence-gap', { expected: 1, received: 2 })
    expect(numbers(await burst(2))).toEqual([
      [2, 0, 1],
      [3, 0, 2],
    ])
    expect(bursts).toHaveLength(2)
  })

  it.each(['internal', 'store-down', 'unknown-outcome', 'draining', 'unauthorized'] as const)(
    'sends again after %s, at once over a new link',
    async (code) => {
      const { outbox, say, burst, refuse } = outboxOf()
      void say(1)
      refuse((await burst(1))[0]!, code)
      outbox.linked()
      expect(numbers(await burst(2))).toEqual([[1, 0, 0]])
    },
  )

  it.each(['internal', 'timeout'] as const)(
    'rejects a message on which the server fails five times: %s',
    async (code) => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      onTestFinished(() => void vi.useRealTimers())
      const { outbox, bursts, refuse, say, ends, store } = outboxOf()
      const failing: string[] = []
      const end = outbox.publish({ channel: 'a', data: 'bad' }, { failing: ({ code }) => failing.push(code) })
      end.catch(({ code }: AnywireError) => ends.push(['bad', code]))
      void say('good')
      for (let n = 0; n < 5; n++) {
        await vi.waitFor(() => expect(bursts[n]).toBeDefined(), 30_000)
        refuse(bursts[n]![0]!, code)
        await vi.advanceTimersByTimeAsync(10_000)
      }
      store(bursts[4]![1]!)
      await vi.waitFor(
        () =>
          expect(ends).toEqual([
            ['bad', code],
            ['good', 'there'],
          ]),
        15_000,
      )
      expect(failing).toEqual([code, code, code, code])
    },
  )

  it('goes on for as long as the store is down', async () => {
    const { outbox, burst, say, refuse, ends, store } = outboxOf()
    void say(1)
    for (let n = 1; n < 20; n++) {
      refuse((await burst(n))[0]!, 'store-down')
      outbox.linked()
    }
    store((await burst(20))[0]!)
    await vi.waitFor(() => expect(ends).toEqual([[1, 'there']]), 30_000)
  })

  it('rejects alone what is too large', async () => {
    const { say, burst, refuse, store, ends } = outboxOf()
    for (const n of [1, 2]) void say(n)
    void say(3, 'b')
    const [one, two, three] = await burst(1)
    refuse(one!, 'too-large')
    refuse(two!, 'sequence-gap', { expected: 0 })
    store(three!)
    store((await burst(2))[0]!)
    await vi.waitFor(
      () =>
        expect(ends).toEqual([
          [1, 'too-large'],
          [3, 'there'],
          [2, 'there'],
        ]),
      15_000,
    )
  })

  it('holds up its own channel only', async () => {
    const { say, burst, refuse } = outboxOf()
    void say(1)
    refuse((await burst(1))[0]!, 'store-down', { retryMs: 60_000 })
    void say(2)
    void say(3, 'b')
    expect(dataOf(await burst(2))).toEqual([3])
  })

  it('outbids the one who has fenced it', async () => {
    const { say, burst, refuse } = outboxOf()
    void say(1)
    refuse((await burst(1))[0]!, 'fenced', { epoch: 7 })
    expect(numbers(await burst(2))).toEqual([[1, 8, 0]])
  })
})

describe('what an earlier page left', () => {
  const kept = { own: 1, other: 2 }

  /** A store with one draft, in a slot; it removes when told to. */
  function left(slot: keyof typeof kept) {
    const own: Slot = { key: ['own', 0], epoch: 2 }
    const other: Slot = { key: ['other', 0], epoch: 2 }
    const removed = deferred()
    const store: OutboxStore = {
      own,
      slots: [own, other],
      left: Promise.resolve([{ key: [slot, 1], draft: { channel: 'a', data: 'old' }, epoch: kept[slot], seq: 5 }]),
      key: () => ['own', 2],
      put: async () => true,
      remove: () => removed.promise,
      close: () => undefined,
    }
    return { open: async () => store, removed }
  }

  it('is not kept for the next page when it is refused for good, and the program is told', async () => {
    const { open, removed } = left('own')
    const told: unknown[] = []
    const { burst, refuse, outbox } = outboxOf({ open, refused: ({ data }, { code }) => told.push([data, code]) })
    refuse((await burst(1))[0]!, 'too-large')
    removed.resolve()
    await vi.waitFor(() => expect(outbox.size).toBe(0), 30_000)
    expect(told).toEqual([['old', 'too-large']])
  })

  it.each(['own', 'other'] as const)(
    'goes first, and is forgotten before anything new is sent: the %s slot',
    async (slot) => {
      const { open, removed } = left(slot)
      const { say, burst, bursts, store } = outboxOf({ open })
      void say('new')
      void say('elsewhere', 'b')
      const first = await burst(1)
      expect(numbers(first)).toEqual([
        ['old', kept[slot], 5],
        ['elsewhere', 2, 0],
      ])
      for (const request of first) store(request)
      await new Promise((resolve) => setImmediate(resolve))
      expect(bursts).toHaveLength(1)
      removed.resolve()
      expect(numbers(await burst(2))).toEqual([['new', 2, 0]])
    },
  )

  it('goes as the producer that it was kept for, in a new epoch if need be', async () => {
    const { say, burst, refuse } = outboxOf({ open: left('other').open })
    void say('new')
    const [old] = await burst(1)
    expect(old!.producer).toEqual({ id: 'other', epoch: 2, seq: 5 })
    refuse(old!, 'sequence-gap', { expected: 0 })
    const again = await burst(2)
    expect(again.map(({ producer }) => producer)).toEqual([{ id: 'other', epoch: 3, seq: 0 }])
  })
})

describe('close', () => {
  it('rejects what waits, and what comes', async () => {
    const { outbox, say } = outboxOf()
    const waiting = say(1)
    outbox.close(closed)
    await expect(waiting).rejects.toMatchObject({ code: 'closed' })
    await expect(say(2)).rejects.toMatchObject({ code: 'closed' })
  })

  it.each([
    ['closed', 0],
    ['unauthorized', 2],
  ] as const)('leaves rejections that only it has caused to nobody: %s', async (code, unhandled) => {
    const { outbox } = outboxOf()
    const seen: unknown[] = []
    const listeners = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    process.on('unhandledRejection', (reason) => seen.push(reason))
    onTestFinished(() => {
      process.removeAllListeners('unhandledRejection')
      for (const listener of listeners) process.on('unhandledRejection', listener)
    })
    void outbox.publish({ channel: 'a', data: 1 })
    outbox.close(new AnywireError(code, 'No more.'))
    void outbox.publish({ channel: 'a', data: 2 })
    // Node tells of them at the end of a turn of the loop.
    await new Promise((resolve) => setImmediate(resolve))
    expect(seen).toHaveLength(unhandled)
  })
})
