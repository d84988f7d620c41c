/** Who is present: told by a keyed channel, one message for each change of a member, the same on every node. */
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { grantsOf } from '../../src/index.js'
import { Counts, cluster, enter, Roster, say } from './world.js'

const rules = { 'chat/:room': { presence: { graceMs: 300 } } }
/** Nobody is gone, and no number of connections told, because the machine is busy. */
const patient = { 'chat/:room': { presence: { graceMs: 60_000 } } }

describe('presence', () => {
  it('tells of a member once, however many connections it has', async () => {
    const node = await cluster(rules).node()
    const roster = new Roster(node.hub)
    const tabs = [await enter(node, 'ann'), await enter(node, 'ann'), await enter(node, 'ann')]
    await roster.has({ ann: 3 })
    for (const tab of tabs) tab.close(1000)
    await roster.has({})
    expect(roster.words.filter((word) => word !== 'update ann')).toEqual(['join ann', 'leave ann'])
  })

  it('shows a connection that was cut as gone when its grace is over', async () => {
    const node = await cluster(rules).node()
    const roster = new Roster(node.hub)
    const socket = await enter(node, 'ann')
    await roster.has({ ann: 1 })
    socket.terminate()
    await roster.has({})
    expect(roster.words).toEqual(['join ann', 'leave ann'])
  })

  it('shows nothing of a reader that comes back within its grace', async () => {
    const node = await cluster({ 'chat/:room': { presence: { graceMs: 60_000 } } }).node()
    const roster = new Roster(node.hub)
    const socket = await enter(node, 'ann')
    const other = await enter(node, 'bob')
    await roster.has({ ann: 1, bob: 1 })
    socket.terminate()
    await once(socket, 'close')
    other.close(1000)
    await roster.has({ ann: 1 }) // who leaves later, and of their own will, is gone before
    const again = await enter(node, 'ann')
    again.close(1000)
    await roster.has({})
    expect(roster.words.filter((word) => word.endsWith('ann'))).toEqual(['join ann', 'leave ann'])
  })

  it('counts the connections of a member on all nodes', async () => {
    const world = cluster(rules)
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
    /** What the nodes say of Ann's connections, besides the roster. */
    const said = async () =>
      (await b.hub.history('$moved/chat/1', { from: 'snapshot' })).messages.map(({ data }) => data)
    for (const [to, counts] of [
      [b, [0, 1]],
      [a, []],
    ] as const) {
      socket.terminate()
      await once(socket, 'close')
      socket = await enter(to, 'ann')
      await expect.poll(async () => (await said()).map((one) => Object(one)[2]).sort()).toEqual(counts)
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
    const left = async () => (await b.hub.history('$moved/chat/1', { from: 'snapshot' })).messages.length
    await expect.poll(left).toBe(2)
    expect((await say(b, 'ann', 'here')).status).toBe(204)
    await roster.until(({ members }) => members.get('ann')?.state === 'here')
    await expect.poll(left).toBe(0)
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
    const world = cluster(patient, { nodeLeaseMs: 3_000 })
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

  it('refuses a state over 1 KiB', async () => {
    const node = await cluster(rules).node()
    expect((await say(node, 'ann', 'x'.repeat(1_100))).status).toBe(413)
  })

  it('shows readers only once they have published a state, where the rule says so', async () => {
    const node = await cluster({ 'chat/:room': { presence: { on: 'enter', graceMs: 300 } } }).node()
    const roster = new Roster(node.hub)
    const ann = await enter(node, 'ann')
    const bob = await enter(node, 'bob')
    await say(node, 'bob', 'here')
    await roster.has({ bob: 1 })
    ann.close(1000)
    bob.close(1000)
    await roster.has({})
    expect(roster.words).toEqual(['join bob', 'leave bob'])
  })

  // Who says so on a node where it has no connection is known there for `graceMs`.
  it('takes off who says null, where the rule says so, though their connections read on any node', async () => {
    const world = cluster({ 'chat/:room': { presence: { on: 'enter', graceMs: 5_000 } } })
    const [a, b] = [await world.node(), await world.node()]
    const roster = new Roster(a.hub)
    await Promise.all([enter(a, 'ann'), enter(b, 'ann'), enter(b, 'bob')])
    await Promise.all([say(b, 'ann', 'here'), say(b, 'bob', 'here')])
    await roster.has({ ann: 2, bob: 1 })
    await say(a, 'ann', null)
    await say(a, 'bob', null) // no connection of his is there
    await roster.has({})
    await say(a, 'ann', 'again')
    await roster.has({ ann: 2 })
    const words = roster.words.filter((word) => !word.startsWith('update'))
    expect(words.sort()).toEqual(['join ann', 'join ann', 'join bob', 'leave ann', 'leave bob'])
  })

  it('says nothing of a member who has another connection for a moment only', async () => {
    const node = await cluster({ 'chat/:room': { presence: true } }).node()
    const roster = new Roster(node.hub)
    const bob = await enter(node, 'bob')
    await enter(node, 'ann')
    await roster.has({ ann: 1, bob: 1 })
    const other = await enter(node, 'ann')
    other.close(1000)
    bob.close(1000)
    await roster.has({ ann: 1 }) // who leaves later is gone later
    expect(roster.words.filter((word) => word.endsWith('ann'))).toEqual(['join ann'])
  })

  it('turns into counts above its most members, and back', async () => {
    const node = await cluster({ 'chat/:room': { presence: { maxMembers: 3 } } }).node()
    const roster = new Roster(node.hub)
    const sockets = await Promise.all(['a', 'b', 'c'].map((id) => enter(node, id)))
    await roster.has({ a: 1, b: 1, c: 1 })
    const last = await enter(node, 'd')
    await roster.has({ $count: 4 })
    expect(roster.members.get('$count')).toMatchObject({ mode: 'count', members: 4 })
    last.close(1000)
    sockets[0]?.close(1000)
    await roster.has({ b: 1, c: 1 })
    expect(roster.words.filter((word) => word.startsWith('leave'))).toEqual([])
  })

  it('lets nobody read or write a roster who may not read the channel', async () => {
    const node = await cluster({
      'chat/:room': { presence: true, subscribe: ({ principal }) => principal.id === 'ann' },
    }).node()
    expect((await say(node, 'bob', 'here')).status).toBe(403)
    const read = (id: string) => fetch(`${node.origin}/channels/$presence/chat/1?offset=snapshot&token=${id}`)
    expect((await read('bob')).status).toBe(403)
    expect((await read('ann')).status).toBe(200)
  })

  it('shows names to those only who are granted "presence", where credentials have grants', async () => {
    const grants = (id: string) =>
      grantsOf({ channels: { 'chat/*': id === 'ann' ? ['subscribe', 'presence'] : ['subscribe'] } })
    const node = await cluster(rules, {}, (id) => ({ id, grants: grants(id) })).node()
    const read = (id: string) => fetch(`${node.origin}/channels/$presence/chat/1?offset=snapshot&token=${id}`)
    expect((await read('bob')).status).toBe(403)
    expect((await read('ann')).status).toBe(200)
    expect((await say(node, 'bob', 'here')).status).toBe(204)
  })

  it('tells how many there are to those who are not granted "presence", from the first answer on', async () => {
    const grants = grantsOf({ channels: { 'chat/*': ['subscribe'] } })
    const node = await cluster(rules, {}, (id) => ({ id, grants })).node()
    const ann = await enter(node, 'ann')
    await new Roster(node.hub).has({ ann: 1 })
    const read = () => fetch(`${node.origin}/channels/$count/chat/1?offset=snapshot&token=bob`)
    expect(await (await read()).json()).toEqual([{ mode: 'count', members: 1, connections: 1 }])
    const counts = new Counts(node.hub)
    await Promise.all(['ann', 'cleo'].map((id) => enter(node, id)))
    await counts.until({ members: 2, connections: 3 })
    ann.close(1000)
    await counts.until({ members: 2, connections: 2 })
  })

  it('counts once for all nodes whose readers want to know', async () => {
    const world = cluster(rules)
    const nodes = [await world.node(), await world.node()] as const
    const counts = nodes.map(({ hub }) => new Counts(hub))
    await Promise.all([enter(nodes[0], 'ann'), enter(nodes[1], 'ann'), enter(nodes[1], 'bob')])
    await Promise.all(counts.map((one) => one.until({ members: 2, connections: 3 })))
    expect(counts[0]?.told).toEqual(counts[1]?.told)
    expect(new Set(counts[0]?.told.map((one) => JSON.stringify(one))).size).toBe(counts[0]?.told.length)
  })

  it('tells nobody how many there are where the rule says so, and takes nothing there', async () => {
    const node = await cluster({ 'chat/:room': { presence: { counts: false } } }).node()
    const url = `${node.origin}/channels/$count/chat/1?token=ann`
    expect((await fetch(url)).status).toBe(403)
    expect((await fetch(url, { method: 'POST', body: '1' })).status).toBe(403)
  })

  it('ends a stream of anywire.v1 that counts as present, whose client is told to come back before', async () => {
    const node = await cluster(rules, { streamMs: 500 }).node()
    const response = await fetch(`${node.origin}/channels`, {
      method: 'POST',
      headers: { Accept: 'text/event-stream', 'Content-Type': 'application/json', Authorization: 'Bearer ann' },
      body: JSON.stringify({ subscribe: [{ channel: 'chat/1' }] }),
    })
    expect(await response.text()).toMatch(/"type":"subscribed".*"type":"drain","retryMs":\d+/s)
    await new Roster(node.hub).has({})
  })
})
