/** A board keeps a channel true while it is wanted, and takes back what it told when it is not. */
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Received } from '../forms/local-reader.js'
import { readLocally } from '../forms/local-reader.js'
import { HubContext } from '../hub-context.js'
import { Board } from './board.js'
import type { List } from './list.js'

const channel = '$channels'

function world(list: Partial<List> = {}, keyless = false) {
  const context = new HubContext({ statistics: true })
  onTestFinished(() => context.close({ graceMs: 0 }))
  const over = { count: 0 }
  const told = new Map<string, object>([['a', { value: 1 }]])
  const board = new Board({
    context,
    channel,
    list: { periodMs: 20, read: async () => new Map(told), ...list },
    leases: context.presence.leases,
    sums: false,
    keyless,
    over: () => over.count++,
  })
  onTestFinished(() => board.close())
  const said = async () => {
    const limit = { messages: 100, bytes: 1e6 }
    const page = await context.delivery.reads.snapshot(channel, { after: undefined, until: undefined }, limit)
    return page.kind === 'page' ? page.messages.map(({ key, data }) => [key, String(Buffer.from(data ?? []))]) : []
  }
  return { context, board, told, over, said, own: (key: string) => `${context.presence.leases.id}/${key}` }
}

const nothingDead = async () => undefined

describe('a board', () => {
  it('says what is so before it is first read, and then each change', async () => {
    const { board, told, said, own } = world()
    board.watch(0)
    await board.ready(nothingDead)
    expect(await said()).toEqual([[own('a'), '{"value":1}']])
    told.set('a', { value: 2 })
    told.set('b', { value: 3 })
    await expect.poll(said).toEqual([
      [own('a'), '{"value":2}'],
      [own('b'), '{"value":3}'],
    ])
    told.delete('a')
    await expect.poll(said).toEqual([[own('b'), '{"value":3}']])
  })

  it('takes back what it told when nobody has read it for a while, and ends', async () => {
    const closed = { count: 0 }
    const { board, over, said } = world({ close: () => closed.count++ })
    const leave = board.watch(1)
    await board.ready(nothingDead)
    expect([(await said()).length, over.count]).toEqual([1, 0])
    leave()
    await expect.poll(() => over.count).toBe(1)
    expect([await said(), closed.count]).toEqual([[], 1])
    const { rounds } = board
    board.want(1_000)
    expect(board.rounds).toBe(rounds)
  })

  it('writes nothing where nothing has changed', async () => {
    const { context, board } = world()
    board.watch(0)
    await board.ready(nothingDead)
    const [before] = await context.store.position([channel])
    const { rounds } = board
    await expect.poll(() => board.rounds).toBeGreaterThan(rounds + 3)
    expect(await context.store.position([channel])).toEqual([before])
  })

  it('tells all again now and then where the store keeps no keys', async () => {
    const { context, board } = world({}, true)
    board.watch(0)
    await board.ready(nothingDead)
    const [before] = await context.store.position([channel])
    await expect.poll(async () => (await context.store.position([channel]))[0]).not.toEqual(before)
  })

  it('tells all anew where the log was lost', async () => {
    const { context, board, said, own } = world()
    board.watch(0)
    await board.ready(nothingDead)
    await context.publisher.remove({ channel })
    await expect.poll(said).toEqual([[own('a'), '{"value":1}']])
  })

  it('keeps a key that is no key of a log under a digest', async () => {
    const { board, told, said, own } = world()
    told.set('x'.repeat(400), { value: 4 })
    board.watch(0)
    await board.ready(nothingDead)
    const keys = (await said()).map(([key]) => key)
    expect(keys).toEqual([own('a'), expect.stringMatching(/^[\w-]{8}\/\$[\w-]{43}$/)])
  })
})

describe('lists of statistics', () => {
  it('are so many at a time, and whoever asks for one more is told', async () => {
    const context = new HubContext({ statistics: true })
    onTestFinished(() => context.close({ graceMs: 0 }))
    const first = async (name: string): Promise<Received | undefined> => {
      const reading = readLocally(context, name, { from: 'snapshot' })
      const { value } = await reading.next()
      await reading.return()
      return value ?? undefined
    }
    await first('$stats')
    for (let number = 1; number < 20; number++) await context.ready(`$channels/${number}`)
    await expect(first('$channels/20')).rejects.toMatchObject({ code: 'too-many' })
    expect(await first('$stats')).toMatchObject({ kind: 'message' })
  })
})
