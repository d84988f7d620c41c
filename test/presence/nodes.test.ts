/** Who is present, on several nodes of one store: the same on each of them, wherever a member goes. */
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { Counts, cluster, enter, type Node, Roster, say } from './world.js'

const rules = { 'chat/:room': { presence: { graceMs: 300 } } }
/** Nobody is gone, and no number of connections told, because the machine is busy. */
const patient = { 'chat/:room': { presence: { graceMs: 60_000 } } }
/** Another number of connections is told once its nodes have renewed their leases, which they do every second. */
const brisk = { nodeLeaseMs: 3_000 }

describe('presence on several nodes', () => {
  it('counts the connections of a member on all nodes', async () => {
    const world = cluster(rules, brisk)
    const [a, b] = [await world.node(), await world.node()]
    const roster = new Roster(b.hub)
    const first = await enter(a, 'ann')
    const second = await enter(b, 'ann')
    await roster.has({ ann: 2 })
    first.close(1000)
    await roster.has({ ann: 1 })
    second.close(1000)
    await roster.has({})
    expect(roster.words).toEqual(['join ann', 'update ann', 'update ann', 'leave ann'])
  })

  it('shows nothing of a member who goes to another node, and back', async () => {
    const world = cluster(patient, { nodeLeaseMs: 60_000 })
    const [a, b] = [await world.node(), await world.node()]
    const roster = new Roster(b.hub)
    const bob = await enter(b, 'bob')
    let socket = await enter(a, 'ann')
    await roster.has({ ann: 1, bob: 1 })
    for (const [to, counts] of [
      [b, [0, 1]],
      [a, []],
    ] as const) {
      socket.terminate()
      await once(socket, 'close')
      socket = await enter(to, 'ann')
      await expect.poll(() => said(b)).toEqual(counts)
    }
    bob.close(1000)
    await roster.has({ ann: 1 }) // who leaves later is gone later
    socket.close(1000)
    await roster.has({})
    expect(roster.words.filter((word) => word.endsWith('ann'))).toEqual(['join ann', 'leave ann'])
  })

  it('is of a member who has gone to another node what is said there, and nothing is left behind', async () => {
    const world = cluster(patient, { nodeLeaseMs: 60_000 })
    const [a, b] = [await world.node(), await world.node()]
    const roster = new Roster(a.hub)
    const first = await enter(a, 'ann')
    await roster.has({ ann: 1 })
    first.terminate()
    await once(first, 'close')
    const second = await enter(b, 'ann')
    await expect.poll(() => said(b)).toEqual([0, 1])
    expect((await say(b, 'ann', 'here')).status).toBe(204)
    await roster.until(({ members }) => members.get('ann')?.state === 'here')
    await expect.poll(() => said(b)).toEqual([])
    second.close(1000)
    await roster.has({})
    expect(roster.words).toEqual(['join ann', 'update ann', 'leave ann'])
  })

  it('takes away the members of a node that died, and keeps those who are elsewhere too', async () => {
    const world = cluster(rules, { nodeLeaseMs: 1_500 })
    const [a, b] = [await world.node(), await world.node()]
    const roster = new Roster(b.hub)
    await Promise.all([enter(a, 'ann'), enter(a, 'bob'), enter(b, 'bob')])
    await roster.has({ ann: 1, bob: 2 })
    a.store.kill()
    await roster.has({ bob: 1 })
    expect(roster.words.filter((word) => word.startsWith('leave'))).toEqual(['leave ann'])
  })

  it('shows nothing of a member who comes from a node that died', async () => {
    const world = cluster(patient, brisk)
    const [a, b] = [await world.node(), await world.node()]
    const roster = new Roster(b.hub)
    await Promise.all([enter(a, 'ann'), enter(a, 'bob')])
    await roster.has({ ann: 1, bob: 1 })
    a.store.kill()
    const socket = await enter(b, 'ann')
    await roster.has({ ann: 1 }) // who is nowhere else is gone with the node
    socket.close(1000)
    await roster.has({})
    expect(roster.words.filter((word) => word.endsWith('ann'))).toEqual(['join ann', 'leave ann'])
  })

  it('answers a roster for the first time without those whom dead nodes left in it', async () => {
    const world = cluster(rules, { nodeLeaseMs: 1_500 })
    const [a, b] = [await world.node(), await world.node()]
    const before = new Roster(a.hub)
    const other = new Roster(b.hub, 'chat/2')
    await Promise.all([enter(a, 'ann'), enter(a, 'ann', 'chat/2')])
    await Promise.all([before.has({ ann: 1 }), other.has({ ann: 1 })])
    a.store.kill()
    await other.has({}) // by now the other node knows that it died
    const response = await fetch(`${b.origin}/channels/$presence/chat/1?offset=snapshot&token=bob`)
    expect(await response.json()).toEqual([])
  })

  it('takes a state by POST, of a reader on any node, as one update', async () => {
    const world = cluster(rules)
    const [a, b] = [await world.node(), await world.node()]
    const roster = new Roster(b.hub)
    const socket = await enter(a, 'ann')
    await roster.has({ ann: 1 })
    expect((await say(a, 'ann', { typing: true })).status).toBe(204)
    await roster.until(({ members }) => JSON.stringify(members.get('ann')?.state) === '{"typing":true}')
    socket.close(1000)
    await roster.has({})
    expect(roster.words).toEqual(['join ann', 'update ann', 'leave ann'])
  })

  // Who says so on a node where it has no connection is known there for `graceMs`.
  it('takes off who says null, where the rule says so, though their connections read on any node', async () => {
    const world = cluster({ 'chat/:room': { presence: { on: 'enter', graceMs: 60_000 } } }, { nodeLeaseMs: 60_000 })
    const [a, b] = [await world.node(), await world.node()]
    const roster = new Roster(a.hub)
    await Promise.all([enter(a, 'ann'), enter(b, 'ann'), enter(b, 'bob')])
    await Promise.all([say(b, 'ann', 'here'), say(b, 'bob', 'here')])
    await roster.has({ ann: 1, bob: 1 })
    await expect.poll(() => said(a)).toEqual([1]) // Ann's connection here counts too, which is told later
    await say(a, 'ann', null)
    await say(a, 'bob', null) // no connection of his is there
    await roster.has({})
    await say(a, 'ann', 'again')
    await roster.has({ ann: 1 })
    await expect.poll(() => said(a)).toEqual([1])
    const words = roster.words.filter((word) => !word.startsWith('update'))
    expect(words.sort()).toEqual(['join ann', 'join ann', 'join bob', 'leave ann', 'leave bob'])
  })

  it('counts once for all nodes whose readers want to know', async () => {
    const world = cluster(rules, brisk)
    const nodes = [await world.node(), await world.node()] as const
    const counts = nodes.map(({ hub }) => new Counts(hub))
    await Promise.all([enter(nodes[0], 'ann'), enter(nodes[1], 'ann'), enter(nodes[1], 'bob')])
    await Promise.all(counts.map((one) => one.until({ members: 2, connections: 3 })))
    expect(counts[0]?.told).toEqual(counts[1]?.told)
    expect(new Set(counts[0]?.told.map((one) => JSON.stringify(one))).size).toBe(counts[0]?.told.length)
  })
})

/** How many connections nodes say that a member has there, where the roster says otherwise. */
async function said(node: Node): Promise<unknown[]> {
  const { messages } = await node.hub.history('$moved/chat/1', { from: 'snapshot' })
  return messages.map(({ data }) => Object(data)[2]).sort()
}
