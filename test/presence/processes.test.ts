/** Rosters of nodes in processes of their own over one Redis: a node that is killed, and a herd that comes back. */
import { once } from 'node:events'
import { describe, expect, it, onTestFinished } from 'vitest'
import type WebSocket from 'ws'
import { redis } from '../../src/stores/redis/redis.js'
import { Program } from '../support/program.js'
import { RedisServer } from '../support/redis.js'
import { expectAgreement } from './model.js'
import { enter, type Reached, Roster, watcher } from './world.js'

/** Longer than a thousand need to come back, on a machine that is busy. */
const rules = { 'chat/:room': { presence: { graceMs: 20_000 } } }

/** Nodes in processes of their own over one Redis, and a hub here that only looks. */
async function processes(count: number) {
  const server = await RedisServer.start({ kept: 'no' })
  onTestFinished(() => server.stop())
  const programs = Array.from({ length: count }, () => {
    return new Program('test/presence/node.js', [server.url, JSON.stringify({ rules })])
  })
  const nodes: Reached[] = []
  for (const program of programs) nodes.push({ origin: await program.listening() })
  return { programs, nodes, seen: new Roster(watcher(rules, await redis({ url: server.url }))) }
}

describe('a roster of several processes', () => {
  it('comes to say what a plain model says where one of them is killed', async () => {
    const { programs, nodes, seen } = await processes(2)
    const [first, second] = nodes as [Reached, Reached]
    const kill = () => programs[0]?.stop('SIGKILL')
    await expectAgreement({ seed: 5, nodes: [first, second], kill, seen })
  }, 300_000)

  it('shows nothing of a thousand members who are cut off, and come back to another node', async () => {
    const { nodes, seen } = await processes(2)
    const [first, second] = nodes as [Reached, Reached]
    const ids = Array.from({ length: 1_000 }, (_, i) => `p${i}`)
    const open = (node: Reached) => Promise.all(ids.map((id) => enter(node, id)))
    const eachOnce = Object.fromEntries(ids.map((id) => [id, 1]))
    const before = await open(first)
    await seen.has(eachOnce)
    const told = seen.words.length
    await Promise.all(before.map((socket) => cut(socket)))
    await open(second)
    await seen.until(({ members }) => [...members.values()].every(({ connections }) => connections === 2))
    await seen.has(eachOnce)
    expect(new Set(seen.words.slice(told).map((word) => word.split(' ')[0]))).toEqual(new Set(['update']))
  }, 300_000)
})

function cut(socket: WebSocket): Promise<unknown> {
  socket.terminate()
  return once(socket, 'close')
}
