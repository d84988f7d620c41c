/** What crosses a port that cannot clone all of it. */
import { MessageChannel } from 'node:worker_threads'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { PortItem } from '../item.js'
import type { FromCore } from '../port.js'
import { deliver } from './deliver.js'

/** Tells through a real port, and answers what arrives. */
async function told(...messages: FromCore[]): Promise<FromCore[]> {
  const { port1, port2 } = new MessageChannel()
  onTestFinished(() => port1.close())
  const received: FromCore[] = []
  const over = new Promise((resolve) =>
    port2.on('message', (one) => (one === 'over' ? resolve(one) : received.push(one))),
  )
  for (const message of messages) deliver((one) => port1.postMessage(one), message)
  port1.postMessage('over')
  await over
  return received
}

const item = (n: number, data: unknown = n): PortItem => ({ kind: 'message', offset: `o${n}`, data })
const unclonable = () => undefined
const deep = JSON.parse(`${'['.repeat(20_000)}${']'.repeat(20_000)}`)
const seen = (received: readonly FromCore[]) =>
  received
    .flatMap((one) => (one.type === 'items' ? one.items : []))
    .map((one) => (one.kind === 'message' ? one.data : one.kind))

describe('what is told over a port', () => {
  it.each([
    ['a function', unclonable],
    ['20,000 levels', deep],
  ])('is all but the message that cannot be cloned, for which there is a problem: %s', async (_, data) => {
    const items = [1, 2, 3, 4, 5, 6, 7].map((n) => item(n, n === 4 ? data : n))
    const received = await told({ type: 'items', id: 1, items, position: 'o9' })
    expect(seen(received)).toEqual([1, 2, 3, 'problem', 5, 6, 7])
    const parts = received.filter((one) => one.type === 'items')
    expect(parts.at(-1)!.position).toBe('o9')
    for (const { items, position } of parts.slice(0, -1)) expect(items.at(-1)).toMatchObject({ offset: position })
  })

  it('says which message it is, of what key, and why', async () => {
    const one: PortItem = { kind: 'message', offset: 'o1', data: unclonable, key: 'k', event: 'e' }
    const [received] = await told({ type: 'items', id: 1, items: [one], position: 'o1' })
    const error = { code: 'rejected', message: expect.stringMatching(/o1 cannot be handed over: DataCloneError/) }
    expect(received).toMatchObject({ items: [{ kind: 'problem', offset: 'o1', key: 'k', event: 'e', error }] })
  })

  it('goes on at a gap beside it', async () => {
    const gap: PortItem = { kind: 'gap', reason: 'trimmed', from: 'o1', to: 'o5' }
    const received = await told({ type: 'items', id: 1, items: [gap, item(6, unclonable)], position: 'o6' })
    expect(seen(received)).toEqual(['gap', 'problem'])
    expect(received[0]).toMatchObject({ position: 'o5' })
  })

  it('is that a publish was stored, though not its reply', async () => {
    const received = await told({ type: 'published', id: 1, offset: 'o1', duplicate: false, reply: unclonable })
    expect(received).toEqual([{ type: 'published', id: 1, offset: 'o1', duplicate: false, reply: undefined }])
  })

  it('is that something was refused, though not every fact', async () => {
    const error = { code: 'rejected', message: 'No.', issues: [unclonable] } as const
    const received = await told({ type: 'refused', id: 1, error }, { type: 'ended', id: 2, error })
    const plain = { code: 'rejected', message: 'No.' }
    expect(received).toEqual([
      { type: 'refused', id: 1, error: plain },
      { type: 'ended', id: 2, error: plain },
    ])
  })

  it('throws nothing where the port takes nothing', () => {
    const closed = () => {
      throw new Error('closed')
    }
    for (const items of [[item(1)], [item(1), item(2)]])
      deliver(closed, { type: 'items', id: 1, items, position: 'o2' })
    deliver(closed, { type: 'published', id: 1 })
  })
})
