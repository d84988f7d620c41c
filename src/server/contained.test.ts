/** Tests of work that stays with its request. */
import { describe, expect, it } from 'vitest'
import { contained } from './contained.js'

const fail = (): never => {
  throw new Error('not today')
}

describe('what a request does', () => {
  it.each<[string, () => unknown]>([
    ['throws', fail],
    ['rejects with', async () => fail()],
  ])('and %s is told to its client', async (_, work) => {
    const heard = await new Promise((refuse) => contained(work, refuse, fail))
    expect(heard).toMatchObject({ message: 'not today' })
  })

  it.each<[string, () => unknown]>([
    ['throws', fail],
    ['rejects', async () => fail()],
  ])('and %s, ends its connection if the client cannot be told', async (_, work) => {
    await new Promise<void>((end) => contained(work, fail, end))
  })
})
