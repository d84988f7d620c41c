/** A changed rule reaches channels that exist: of a hub that is started again on a store that outlives it. */
import { describe, expect, it } from 'vitest'
import { createHub, type Hub, memory, type Rules } from '../../src/index.js'
import { UnreliableStore } from '../support/core/unreliable-store.js'

const everything = { messages: 100, bytes: 100_000 }

/** A store with a channel of ten messages, each with a key, that a hub with `before` has written, and a hub with `after` on it. */
async function restarted(before: Rules, after: Rules) {
  const store = memory()
  const first = createHub({ store: new UnreliableStore(store), rules: before })
  for (let number = 1; number <= 10; number++) await first.publish('c/1', number, { key: `${number % 5}` })
  await first.close({ graceMs: 0 })
  const hub = createHub({ store: new UnreliableStore(store), rules: after })
  const kept = async () => {
    const page = await store.read('c/1', { kind: 'start' }, everything)
    return page.kind === 'page' ? page.messages.map(({ data }) => Number(Buffer.from(data!).toString())) : page.kind
  }
  const snapshot = async () => {
    const page = await store.snapshot('c/1', undefined, undefined, everything)
    return page.kind === 'page' ? page.messages.length : page.kind
  }
  return { store, hub, kept, snapshot }
}

async function read(hub: Hub): Promise<void> {
  for await (const _ of hub.subscribe('c/1', { from: 'last-1' })) break
}

describe('a rule that was changed', () => {
  it('reaches a channel that is read', async () => {
    const { hub, kept } = await restarted({}, { 'c/:n': { retain: { messages: 3 } } })
    await read(hub)
    await expect.poll(kept).toEqual([8, 9, 10])
    await hub.close()
  })

  it('reaches a channel that is only published to', async () => {
    const { hub, kept } = await restarted({}, { 'c/:n': { retain: { messages: 3 } } })
    await hub.publish('c/1', 11)
    await expect.poll(kept).toEqual([9, 10, 11])
    await hub.close()
  })

  it('lets a channel keep more, and keys', async () => {
    const { hub, kept, snapshot } = await restarted(
      { 'c/:n': { retain: { messages: 5 } } },
      { 'c/:n': { keys: true, retain: { messages: 8 } } },
    )
    await read(hub)
    await expect.poll(snapshot).toBe(5)
    for (let number = 11; number <= 15; number++) await hub.publish('c/1', number)
    expect(await kept()).toEqual([8, 9, 10, 11, 12, 13, 14, 15])
    await hub.close()
  })

  it('asks nothing more of the store where nothing has changed', async () => {
    const rules = { 'c/:n': { retain: { messages: 5 } } }
    const { hub, store } = await restarted(rules, { ...rules })
    let configured = 0
    const { configure } = store
    store.configure = (...asked) => {
      configured++
      return configure.apply(store, asked)
    }
    await read(hub)
    await hub.publish('c/1', 11)
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    expect(configured).toBe(0)
    await hub.close()
  })
})
