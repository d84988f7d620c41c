/** Who is present: told by a keyed channel, one message for each change of a member. */
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { grantsOf } from '../../src/index.js'
import { Counts, cluster, enter, Roster, say } from './world.js'

const rules = { 'chat/:room': { presence: { graceMs: 300 } } }

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

  it('says nothing of a member who has another connection for a moment only', async () => {
    const node = await cluster({ 'chat/:room': { presence: { graceMs: 60_000 } } }, { nodeLeaseMs: 60_000 }).node()
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
