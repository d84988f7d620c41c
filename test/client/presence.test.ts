/** `client.presence`: who is in a channel, and how one is there oneself. */
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Client, connect, type Presence, type Roster } from '../../src/client/index.js'
import { cluster, type Node, Roster as Told } from '../presence/world.js'

const rules = {
  'chat/:room': { presence: { graceMs: 300 } },
  'hall/:name': { presence: 'count' },
  'desk/:name': { presence: { on: 'enter', graceMs: 300 } },
} as const

function clientOf(node: Node, id: string, transports?: readonly ('websocket' | 'stream' | 'poll')[]): Client {
  const client = connect(`${node.origin}/channels`, { token: () => id, transports })
  onTestFinished(() => client.close())
  return client
}

/** Resolves with the first roster that fits. */
function until({ roster }: Presence<unknown>, fits: (roster: Roster) => boolean): Promise<Roster> {
  return new Promise((resolve) => {
    const look = (now: Roster | undefined) => {
      if (!now || !fits(now)) return
      stop()
      resolve(now)
    }
    const stop = roster.subscribe(look)
    look(roster.value)
  })
}

const names = ({ members }: Roster) => members.map(({ member }) => member).join()

describe('client.presence', () => {
  it.each(['websocket', 'stream', 'poll'] as const)(
    'enters with a state, and shows who is there: %s',
    async (transport) => {
      const node = await cluster(rules).node()
      const ann = await clientOf(node, 'ann', [transport]).presence('chat/1', { typing: false })
      const bob = await clientOf(node, 'bob', [transport]).presence('chat/1', { typing: true })
      const roster = await until(ann, (now) => now.members.every(({ state }) => state !== null) && now.count === 2)
      expect(roster).toMatchObject({ count: 2, connections: 2, sample: [] })
      expect(new Map(roster.members.map(({ member, state }) => [member, state]))).toEqual(
        new Map([
          ['ann', { typing: false }],
          ['bob', { typing: true }],
        ]),
      )
      bob.close()
      await until(ann, (now) => names(now) === 'ann')
    },
  )

  it('looks without being seen where no state is given', async () => {
    const node = await cluster(rules).node()
    const ann = await clientOf(node, 'ann').presence('chat/1')
    expect(await until(ann, () => true)).toEqual({ members: [], count: 0, connections: 0, sample: [] })
    const bob = await clientOf(node, 'bob').presence('chat/1', 'here')
    expect(names(await until(ann, ({ count }) => count > 0))).toBe('bob')
    bob.set(null)
    await until(ann, ({ count }) => count === 0)
  })

  it('says the newest of many states, and each to others once', async () => {
    const node = await cluster(rules).node()
    const told = new Told(node.hub)
    const ann = await clientOf(node, 'ann').presence('chat/1', 0)
    await told.until(({ members }) => members.get('ann')?.state === 0)
    for (let n = 1; n <= 100; n++) ann.set(n)
    await told.until(({ members }) => members.get('ann')?.state === 100)
    expect(told.words.length).toBeLessThanOrEqual(4)
  })

  it('is present where one has to enter, and leaves', async () => {
    const node = await cluster(rules).node()
    const told = new Told(node.hub, 'desk/1')
    const ann = await clientOf(node, 'ann').presence('desk/1', 'here')
    await told.has({ ann: 1 })
    ann.close()
    await told.has({})
    expect(told.words.filter((word) => !word.startsWith('update'))).toEqual(['join ann', 'leave ann'])
  })

  it('shows counts where names are not told', async () => {
    const node = await cluster(rules).node()
    const ann = await clientOf(node, 'ann').presence('hall/1', 'here')
    await clientOf(node, 'bob').presence('hall/1', 'here')
    const roster = await until(ann, ({ count }) => count === 2)
    expect(roster).toEqual({ members: [], count: 2, connections: 2, sample: [] })
  })

  it('shows counts to those who may not see names', async () => {
    const see = ({ principal }: { readonly principal: { readonly id: string } }) => principal.id === 'ann'
    const node = await cluster({ 'chat/:room': { presence: { see } } }).node()
    const ann = await clientOf(node, 'ann').presence('chat/1', 'here')
    const bob = await clientOf(node, 'bob').presence('chat/1', 'here')
    expect(names(await until(ann, ({ count }) => count === 2)).length).toBe('ann,bob'.length)
    expect(await until(bob, ({ count }) => count === 2)).toMatchObject({ members: [], connections: 2 })
  })

  it('refuses a state that is too large, or no JSON', async () => {
    const node = await cluster(rules).node()
    const client = clientOf(node, 'ann')
    await expect(client.presence('chat/1', 'x'.repeat(1_023))).rejects.toMatchObject({ code: 'too-large' })
    const ann = await client.presence('chat/1')
    expect(() => ann.set(() => undefined)).toThrow(expect.objectContaining({ code: 'bad-request' }))
  })

  it('is over when the server refuses it, and when the client is closed', async () => {
    const node = await cluster({ ...rules, mail: { subscribe: false, presence: true } }).node()
    const client = clientOf(node, 'ann')
    await expect((await client.presence('mail')).closed).rejects.toMatchObject({ code: 'forbidden' })
    const ann = await client.presence('chat/1', 'here')
    await client.close()
    await ann.closed
  })
})
