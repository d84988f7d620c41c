/** Rosters of nodes in processes of their own over one Redis: a node that is killed, and a herd that comes back. */
import { once } from 'node:events'
import { describe, expect, it, onTestFinished } from 'vitest'
import type WebSocket from 'ws'
import type { Hub, HubOptions } from '../../src/index.js'
import { redis } from '../../src/stores/redis/redis.js'
import { Program } from '../support/program.js'
import { RedisServer } from '../support/redis.js'
import { expectAgreement } from './model.js'
import { enter, type Reached, Roster, watcher } from './world.js'

/** `graceMs` is longer than people need to come back, on a machine that is busy. All of them are named. */
const rulesWith = (graceMs: number) => ({ 'chat/:room': { presence: { graceMs, maxMembers: 2_000 } } })

/** Nodes in processes of their own over one Redis, and a hub here that only looks. */
async function processes(count: number, options: HubOptions) {
  const server = await RedisServer.start({ kept: 'no' })
  onTestFinished(() => server.stop())
  const programs = Array.from({ length: count }, () => {
    return new Program('test/presence/node.js', [server.url, JSON.stringify(options)])
  })
  const nodes: Reached[] = []
  for (const program of programs) nodes.push({ origin: await program.listening() })
  const hub = watcher(options, await redis({ url: server.url }))
  return { programs, nodes, hub, seen: new Roster(hub) }
}

describe('a roster of several processes', () => {
  it('comes to say what a plain model says where one of them is killed', async () => {
    const { programs, nodes, seen } = await processes(2, { rules: rulesWith(20_000) })
    const [first, second] = nodes as [Reached, Reached]
    const kill = () => programs[0]?.stop('SIGKILL')
    await expectAgreement({ seed: 5, nodes: [first, second], kill, seen })
  }, 300_000)

  it('shows nothing of a thousand members who are cut off, and come back to another node', async () => {
    // Nobody is gone, nor is another number of connections told, because the machine is busy.
    const { nodes, hub, seen } = await processes(2, { rules: rulesWith(240_000), limits: { nodeLeaseMs: 480_000 } })
    const [first, second] = nodes as [Reached, Reached]
    const ids = Array.from({ length: 1_000 }, (_, i) => `p${i}`)
    const open = (node: Reached) => Promise.all(ids.map((id) => enter(node, id)))
    const eachOnce = Object.fromEntries(ids.map((id) => [id, 1]))
    const before = await open(first)
    await seen.has(eachOnce)
    const told = seen.words.length
    await Promise.all(before.map((socket) => cut(socket)))
    await open(second)
    // The other node has told as much of all of them, and nobody is looked for any more where they were.
    await expect.poll(() => moved(hub), { timeout: 120_000 }).toEqual(new Set(['0 1000', '1 1000']))
    const last = await enter(second, 'last')
    await seen.has({ ...eachOnce, last: 1 })
    last.close(1000)
    await seen.has(eachOnce)
    expect(seen.words.slice(told)).toEqual(['join last', 'leave last'])
  }, 300_000)
})

/** Of how many members nodes say, besides the roster, that they have so many connections: `<connections> <members>`. */
async function moved(hub: Hub): Promise<Set<string>> {
  const counts = new Map<number, number>()
  const { messages } = await hub.history('$moved/chat/1', { from: 'snapshot', limit: 10_000 })
  for (const { data } of messages) {
    const [, , count] = data as [node: string, member: string, count: number]
    counts.set(count, (counts.get(count) ?? 0) + 1)
  }
  return new Set([...counts].map(([count, members]) => `${count} ${members}`))
}

function cut(socket: WebSocket): Promise<unknown> {
  socket.terminate()
  return once(socket, 'close')
}
