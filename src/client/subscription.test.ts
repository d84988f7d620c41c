/** What a subscription hands to the application, and when it ends. */
import { describe, expect, it } from 'vitest'
import { AnywireError } from '../protocol/error.js'
import type { Item } from './item.js'
import { ClientSubscription, type SubscriptionLine } from './subscription.js'

const wish = { id: 1, channel: 'n', offset: 'now', slow: 'catch-up' } as const
const message = (data: unknown): Item => ({ kind: 'message', offset: String(data), data })
const batch = [1, 2, 3].map(message)
const numbers = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value: unknown) => (typeof value === 'number' ? { value } : { issues: [{ message: 'no number' }] }),
  },
} as const

function lineOf() {
  const facts = { consumed: 0, left: 0 }
  const line = { consumed: (count: number) => (facts.consumed += count), left: () => facts.left++ }
  return { facts, line: line as unknown as SubscriptionLine }
}

describe('a subscription with a callback', () => {
  it.each([
    ['', undefined],
    [', checked by a schema', numbers],
  ])('hands over what came together in one turn%s', async (_, schema) => {
    const heard: Item[] = []
    const inOneTurn = new Promise((resolve) => {
      const reading = new ClientSubscription({
        wish,
        line: lineOf().line,
        schema,
        onItem(item) {
          if (heard.push(item) === 1) queueMicrotask(() => resolve(heard.length))
        },
      })
      reading.take(batch, '3')
    })
    expect(await inOneTurn).toBe(3)
  })

  it('hands over what its schema has not judged when the channel ends', async () => {
    const heard: Item[] = []
    const reading = new ClientSubscription({
      wish,
      line: lineOf().line,
      schema: numbers,
      onItem: (item) => heard.push(item),
    })
    reading.take(batch, '3')
    reading.last()
    await reading.closed
    expect(heard).toEqual(batch)
  })

  it('hands over what fits its schema before it ends', async () => {
    const heard: Item[] = []
    const reading = new ClientSubscription({
      wish,
      line: lineOf().line,
      schema: numbers,
      onItem: (item) => heard.push(item),
    })
    reading.take([...batch, message('four'), message(5)], '5')
    await expect(reading.closed).rejects.toMatchObject({ code: 'rejected' })
    expect(heard).toEqual(batch)
  })

  it.each([
    ['', undefined],
    [' and has a schema', numbers],
  ])('ends when it throws%s, as a loop does', async (_, schema) => {
    const { facts, line } = lineOf()
    const heard: Item[] = []
    const reading = new ClientSubscription({
      wish,
      line,
      schema,
      onItem(item) {
        if (heard.push(item) === 2) throw new TypeError('no such thing')
      },
    })
    reading.take(batch, '3')
    await expect(reading.closed).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('no such thing'),
    })
    expect([heard.length, facts.left]).toEqual([2, 1])
  })
})

describe('a subscription with an asynchronous callback', () => {
  it('ends when what it answers is rejected', async () => {
    const { facts, line } = lineOf()
    const onItem = async () => {
      throw new TypeError('no such thing')
    }
    const reading = new ClientSubscription({ wish, line, onItem })
    reading.take(batch, '3')
    await expect(reading.closed).rejects.toMatchObject({ message: expect.stringContaining('no such thing') })
    expect(facts.left).toBe(1)
  })
})

describe('calls of next', () => {
  const loop = () => new ClientSubscription({ wish, line: lineOf().line })

  it('may be made at once: each gets its own item, in order', async () => {
    const reading = loop()
    const calls = Promise.all([reading.next(), reading.next(), reading.next(), reading.next()])
    reading.take(batch.slice(0, 1), '1')
    reading.take(batch.slice(1), '3')
    reading.last()
    expect((await calls).map(({ value }) => value?.kind === 'message' && value.data)).toEqual([1, 2, 3, false])
  })

  it('that lost a race get their items all the same', async () => {
    const reading = loop()
    const first = reading.next()
    expect(await Promise.race([first, Promise.resolve('late')])).toBe('late')
    const second = reading.next()
    reading.take(batch.slice(0, 2), '2')
    expect([await first, await second]).toEqual(batch.slice(0, 2).map((value) => ({ done: false, value })))
  })

  it.each(['return', 'close'] as const)('that wait are done after %s', async (how) => {
    const reading = loop()
    const calls = [reading.next(), reading.next()]
    await reading[how]()
    for (const call of calls) expect(await call).toEqual({ done: true, value: undefined })
  })

  it('throw once what has ended the reading, and are done then', async () => {
    const reading = loop()
    const calls = [reading.next(), reading.next()]
    reading.ends(new AnywireError('forbidden', 'No.'))
    await expect(calls[0]).rejects.toMatchObject({ code: 'forbidden' })
    expect(await calls[1]).toMatchObject({ done: true })
    expect(await reading.next()).toMatchObject({ done: true })
  })
})
