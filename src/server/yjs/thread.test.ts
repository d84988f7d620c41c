/** Who has the thread next. */
import { expect, it } from 'vitest'
import { edits, typing } from '../../../test/yjs/updates.js'
import { ReplicaThread } from './thread.js'

const limits = { structs: 1_000, clients: 100, ranges: 100, depth: 10 }

it('serves documents in turn, however much one of them asks for', async () => {
  const thread = new ReplicaThread()
  const [busy, other] = [thread.hold(), thread.hold()]
  const order: string[] = []
  const [update] = edits(1, typing('a')) as [Uint8Array]
  await Promise.all([
    ...Array.from({ length: 20 }, async (_, i) => {
      await thread.contains(busy, update, limits)
      order.push(`busy ${i}`)
    }),
    thread.stateVector(other).then(() => order.push('other')),
  ])
  expect(order.indexOf('other')).toBeLessThan(2)
  expect(order.filter((one) => one !== 'other')).toEqual(Array.from({ length: 20 }, (_, i) => `busy ${i}`))
  for (const id of [busy, other]) thread.release(id)
})
