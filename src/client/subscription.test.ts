/** What a subscription hands to the application, and when it ends. */
import { describe, expect, it } from 'vitest'
import type { Item } from './item.js'
import { createReading } from './subscription.js'

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
  return { facts, line: line as unknown as Parameters<typeof createReading>[1] }
}

describe('a subscription with a callback', () => {
  it.each([
    ['', undefined],
    [', checked by a schema', numbers],
  ])('hands over what came together in one turn%s', async (_, schema) => {
    const heard: Item[] = []
    const inOneTurn = new Promise((resolve) => {
      const reading = createReading(wish, lineOf().line, schema, (item) => {
        if (heard.push(item) === 1) queueMicrotask(() => resolve(heard.length))
      })
      reading.take(batch, '3')
    })
    expect(await inOneTurn).toBe(3)
  })

  it('hands over what its schema has not judged when the channel ends', async () => {
    const heard: Item[] = []
    const reading = createReading(wish, lineOf().line, numbers, (item) => heard.push(item))
    reading.take(batch, '3')
    reading.last()
    await reading.closed
    expect(heard).toEqual(batch)
  })

  it('hands over what fits its schema before it ends', async () => {
    const heard: Item[] = []
    const reading = createReading(wish, lineOf().line, numbers, (item) => heard.push(item))
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
    const reading = createReading(wish, line, schema, (item) => {
      if (heard.push(item) === 2) throw new TypeError('no such thing')
    })
    reading.take(batch, '3')
    await expect(reading.closed).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('no such thing'),
    })
    expect([heard.length, facts.left]).toEqual([2, 1])
  })
})
