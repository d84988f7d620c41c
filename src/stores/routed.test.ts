/** Tests of a store made of several: the contract, and whose channels are whose. */
import { describe, expect, it } from 'vitest'
import type { Store, Wake } from '../core/store.js'
import { storeContract } from '../testing/store-contract.js'
import { bytes, config } from '../testing/store-subject.js'
import { memory } from './memory/memory.js'
import { routed } from './routed.js'

storeContract('routed', (options) => routed({ 'other/*': memory(options) }, memory(options)))
storeContract('routed, by pattern', (options) => routed({ 'contract/*': memory(options) }, memory(options)))

const message = [{ data: bytes('a') }]
const exists = async (store: Store, channel: string) => {
  const [info] = await store.position([channel])
  return typeof info === 'object' && info.exists
}

function parts() {
  const [stats, chat, rest] = [memory(), memory(), memory()]
  return { stats, chat, rest, all: routed({ $stats: stats, '$stats/*': stats, 'chat/:room': chat }, rest) }
}

describe('routed stores', () => {
  it('have the channels of their patterns, and the last one all others, `$` names included', async () => {
    const { stats, chat, rest, all } = parts()
    const homes = { $stats: stats, '$stats/a/b': stats, 'chat/1': chat, 'chat/1/2': rest, $hub: rest, chat: rest }
    for (const [channel, home] of Object.entries(homes)) {
      await all.append(channel, message, { create: config() })
      const found = [stats, chat, rest].filter((store) => store === home)
      expect(found).toHaveLength(1)
      expect(await Promise.all([stats, chat, rest].map((store) => exists(store, channel)))).toEqual(
        [stats, chat, rest].map((store) => store === home),
      )
    }
  })

  it('answer for many channels in one call of each, in their order', async () => {
    const { chat, rest, all } = parts()
    for (const channel of ['chat/1', 'x']) await all.append(channel, message, { create: config() })
    const asked: (readonly string[])[] = []
    for (const store of [chat, rest]) {
      const { position } = store
      store.position = (names) => {
        asked.push(names)
        return position.call(store, names)
      }
    }
    const known = await all.position(['x', 'chat/1', 'y', 'chat/2'])
    expect(known.map((info) => typeof info === 'object' && info.exists)).toEqual([true, true, false, false])
    expect(asked).toEqual([
      ['x', 'y'],
      ['chat/1', 'chat/2'],
    ])
  })

  it('answer for those that can be asked, say away for the others, and reject only if none can', async () => {
    const { chat, all } = parts()
    chat.position = () => Promise.reject(new Error('away'))
    expect(await all.position(['chat/1', 'x'])).toMatchObject(['away', { exists: false }])
    await expect(all.position(['chat/1'])).rejects.toThrow('away')
  })

  it('tell a discontinuity for the channels of the store that has it', () => {
    const { chat, rest, all } = parts()
    const tell: ((wake: Wake) => void)[] = []
    for (const store of [chat, rest]) store.watch = (listener) => void tell.push(listener)
    const wakes: Wake[] = []
    all.watch((wake) => wakes.push(wake))
    for (const one of tell) one({ kind: 'discontinuity' })
    tell[0]!({ kind: 'discontinuity', covers: (name) => name.endsWith('2') })
    const covered = wakes.map((wake) =>
      ['chat/1', 'chat/2', 'x', '$stats'].filter((name) => wake.kind === 'discontinuity' && wake.covers?.(name)),
    )
    expect(covered).toEqual([['chat/1', 'chat/2'], ['x'], ['chat/2']])
  })

  it('fork within a store, and nowhere else', async () => {
    const { all } = parts()
    for (const channel of ['chat/1', 'x']) await all.append(channel, message, { create: config() })
    const fork = (name: string, source: string) => all.forks?.create(name, config(), { fork: { source } })
    expect(await fork('chat/2', 'chat/1')).toMatchObject({ kind: 'created' })
    expect(await fork('chat/3', 'x')).toMatchObject({ kind: 'conflict', why: expect.stringContaining('another store') })
  })

  it('are together capable of what each of them is, and each channel of what its store is', () => {
    const poor = { ...memory().capabilities, acknowledged: 'power-loss', keys: false } as const
    const limited: Store = Object.assign(memory(), { capabilities: poor })
    const all = routed({ 'chat/:room': memory() }, limited)
    expect(all.capabilities).toMatchObject({ acknowledged: 'memory', keys: false })
    expect([all.capabilitiesOf?.('chat/1').keys, all.capabilitiesOf?.('x').keys]).toEqual([true, false])
  })

  it('are closed together, also where one fails', async () => {
    const { stats, rest, all } = parts()
    const closed: string[] = []
    stats.close = () => Promise.reject(new Error('stuck'))
    rest.close = async () => void closed.push('rest')
    await expect(all.close()).rejects.toThrow('stuck')
    expect(closed).toEqual(['rest'])
  })

  it.each<[string, () => unknown]>([
    ['a pattern that cannot be', () => routed({ 'a//b': memory() }, memory())],
    ['what is no store', () => routed({ a: {} as Store }, memory())],
    ['no last store', () => routed({ a: memory() }, undefined as never)],
  ])('refuse %s', (_what, make) => {
    expect(make).toThrow(expect.objectContaining({ code: 'bad-request' }))
  })
})
