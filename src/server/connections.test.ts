/** Tests of all connections together: many are sent away without holding up the loop. */
import { describe, expect, it } from 'vitest'
import { MemoryWire } from '../../test/support/core/memory-wire.js'
import { Connection } from '../core/reading/connection.js'
import type { Principal } from '../core/rule.js'
import { Turns } from '../core/turns.js'
import { Wheel } from '../core/wheel.js'
import { AnywireError } from '../protocol/error.js'
import { Connections, type FormHooks } from './connections.js'
import { createConnectionCounter } from './door/connection-counter.js'

/** Telling its client takes a while, as a write to a socket does. */
class SlowWire extends MemoryWire {
  override close(reason?: AnywireError): void {
    for (const until = performance.now() + 0.2; performance.now() < until; );
    super.close(reason)
  }
}

const many = 500

function room(hooks: FormHooks = {}) {
  const wheel = new Wheel()
  const counter = createConnectionCounter({ connections: null, connectionsPerAddress: null })
  const connections = new Connections({ wheel, turns: new Turns(() => undefined), counter })
  const times = { heartbeatMs: 60_000, stallMs: 60_000 }
  const wires = Array.from({ length: many }, () => new SlowWire())
  const all = wires.map((wire) => new Connection({ wire, principal: { id: 'ann' }, wheel, times }))
  for (const connection of all) connections.add(connection, hooks, '127.0.0.1')
  return { connections, wires, all }
}

/** Turns of the loop until it is so. */
async function turnsUntil(done: () => boolean): Promise<number> {
  let turns = 0
  for (; !done(); turns++) await new Promise((resolve) => setImmediate(resolve))
  return turns
}

describe('disconnect', () => {
  it('closes all at once, and tells their clients in turns', async () => {
    const { connections, wires, all } = room()
    expect(connections.disconnect({})).toBe(many)
    expect(all.every(({ closed }) => closed)).toBe(true)
    expect(all[0]!.write(Buffer.from('late'))).toBe(false)
    expect(wires.filter(({ over }) => over)).toEqual([])
    expect(await turnsUntil(() => wires.every(({ over }) => over))).toBeGreaterThan(10)
    expect(wires.map(({ reason }) => reason?.code)).toEqual(Array(many).fill('unauthorized'))
    expect(connections.size).toBe(0)
    expect(connections.disconnect({})).toBe(0)
  })

  it('takes a channel from connections of many at once, and tells their clients in turns', async () => {
    let revoked = 0
    let told = 0
    const { connections, all } = room({
      reads: () => true,
      revoke() {
        revoked++
        return () => {
          for (const until = performance.now() + 0.2; performance.now() < until; );
          told++
        }
      },
    })
    expect(connections.disconnect({ channel: 'n' })).toBe(many)
    expect([revoked, told]).toEqual([many, 0])
    expect(await turnsUntil(() => told === many)).toBeGreaterThan(10)
    expect(all.some(({ closed }) => closed)).toBe(false)
  })

  it('finds those of a principal by an index that follows who they are', () => {
    const { connections, all } = room()
    for (const [i, connection] of all.entries()) if (i % 100 === 0) connection.identify({ id: 'bob' })
    expect([connections.of('bob').size, connections.of('ann').size, connections.of('eve').size]).toEqual([5, 495, 0])
    expect(connections.disconnect({ principal: 'bob' })).toBe(5)
    expect(all.filter(({ closed }) => closed).map(({ principal }) => principal.id)).toEqual(Array(5).fill('bob'))
    for (const connection of all) connection.wire.destroy()
    expect([connections.of('bob').size, connections.of('ann').size]).toEqual([0, 0])
  })

  it('is told of before the hub has left', async () => {
    const { connections, wires } = room()
    connections.disconnect({})
    await connections.drain(0, performance.now() + 10_000)
    expect(wires.map(({ reason }) => reason?.code)).toEqual(Array(many).fill('unauthorized'))
  })
})

describe('revocation', () => {
  /** Asked takes a while, as the digest of a credential does. */
  function slowRefusal(asked: string[]) {
    return ({ id }: Principal): AnywireError | undefined => {
      for (const until = performance.now() + 0.2; performance.now() < until; );
      asked.push(id)
      return new AnywireError('unauthorized', 'It was revoked.')
    }
  }

  it('asks all connections in turns, and those once that were revoked meanwhile', async () => {
    const { connections, all } = room()
    const asked: string[] = []
    const refusal = slowRefusal(asked)
    for (let times = 0; times < 10; times++) connections.end({}, refusal)
    expect(asked).toEqual([])
    expect(await turnsUntil(() => all.every(({ closed }) => closed))).toBeGreaterThan(10)
    expect(asked).toHaveLength(many)
  })

  it('asks those of one principal at once, unless they are many', () => {
    const { connections, all } = room()
    const bob = new Connection({
      wire: new SlowWire(),
      principal: { id: 'bob' },
      wheel: new Wheel(),
      times: { heartbeatMs: 60_000, stallMs: 60_000 },
    })
    connections.add(bob, {}, '127.0.0.1')
    const asked: string[] = []
    connections.end({ principal: 'bob' }, slowRefusal(asked))
    expect(bob.closed).toBe(true)
    connections.end({ principal: 'ann' }, slowRefusal(asked))
    expect(asked).toEqual(['bob'])
    expect(all.some(({ closed }) => closed)).toBe(false)
  })
})
