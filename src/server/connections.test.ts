/** Tests of all connections together: many are sent away without holding up the loop. */
import { describe, expect, it } from 'vitest'
import { MemoryWire } from '../../test/support/core/memory-wire.js'
import { Connection } from '../core/reading/connection.js'
import type { Principal } from '../core/rule.js'
import { Turns } from '../core/turns.js'
import { Wheel } from '../core/wheel.js'
import { AnywireError } from '../protocol/error.js'
import { Connections } from './connections.js'
import type { Selector } from './door/arrivals.js'
import { createConnectionCounter } from './door/connection-counter.js'
import type { FormHooks } from './form-hooks.js'

/** Telling its client takes a while, as a write to a socket does. */
class SlowWire extends MemoryWire {
  override close(reason?: AnywireError): void {
    work()
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
  /** Another one comes. */
  const add = () => {
    const connection = new Connection({ wire: new MemoryWire(), principal: { id: 'ann' }, wheel, times })
    connections.add(connection, hooks, '127.0.0.1')
    return connection
  }
  return { connections, wires, all, add }
}

/** Turns of the loop until it is so. */
async function turnsUntil(done: () => boolean): Promise<number> {
  let turns = 0
  for (; !done(); turns++) await new Promise((resolve) => setImmediate(resolve))
  return turns
}

/** Takes a while, as does what is asked of a connection, or done with it. */
function work() {
  for (const until = performance.now() + 0.2; performance.now() < until; );
}

describe('disconnect', () => {
  it('asks all in turns, and tells their clients in turns', async () => {
    const { connections, wires, all } = room()
    for (const { wire } of all.splice(100)) wire.destroy()
    const few = connections.disconnect({})
    expect(all.every(({ closed }) => closed)).toBe(true)
    expect(all[0]!.write(Buffer.from('late'))).toBe(false)
    expect(await few).toBe(100)
    expect(await turnsUntil(() => wires.every(({ over }) => over))).toBeGreaterThan(2)
    expect(wires.slice(0, 100).map(({ reason }) => reason?.code)).toEqual(Array(100).fill('unauthorized'))
    expect(connections.size).toBe(0)
    expect(await connections.disconnect({})).toBe(0)
  })

  it.each<[string, Selector]>([
    ['everybody', {}],
    ['one principal', { principal: 'ann' }],
    ['the readers of one channel', { channel: 'n' }],
  ])('holds up the loop for a few connections at a time, if it ends %s of many', async (_, selector) => {
    let asked = 0
    let most = 0
    const ending = () => {
      work()
      asked++
    }
    const { connections, all } = room({
      reads: () => true,
      revoke() {
        ending()
        return () => undefined
      },
    })
    for (const connection of all) connection.listen({ ending })
    const count = connections.disconnect(selector)
    expect(asked).toBe(0)
    for (let before = 0; asked < many; before = asked) {
      await new Promise((resolve) => setImmediate(resolve))
      most = Math.max(most, asked - before)
    }
    expect(await count).toBe(many)
    // 4 ms, of which each takes 0.2.
    expect(most).toBeLessThan(25)
    expect(all.every(({ closed }) => closed)).toBe(selector.channel === undefined)
  })

  it('leaves alone who comes before all have been asked', async () => {
    const { connections, all, add } = room({
      reads: () => true,
      revoke() {
        work()
        return () => undefined
      },
    })
    const count = connections.disconnect({ channel: 'n' })
    const late = add()
    void connections.disconnect({})
    const later = add()
    expect(await count).toBe(many)
    await turnsUntil(() => late.closed)
    expect([all.every(({ closed }) => closed), later.closed]).toEqual([true, false])
  })

  it('finds those of a principal by an index that follows who they are', async () => {
    const { connections, all } = room()
    for (const [i, connection] of all.entries()) if (i % 100 === 0) connection.identify({ id: 'bob' })
    expect([connections.of('bob').size, connections.of('ann').size, connections.of('eve').size]).toEqual([5, 495, 0])
    expect(await connections.disconnect({ principal: 'bob' })).toBe(5)
    expect(all.filter(({ closed }) => closed).map(({ principal }) => principal.id)).toEqual(Array(5).fill('bob'))
    for (const connection of all) connection.wire.destroy()
    expect([connections.of('bob').size, connections.of('ann').size]).toEqual([0, 0])
  })

  it('spares others than those of the principal, of whom there are many', async () => {
    const { connections, all } = room()
    for (const connection of all.slice(0, 200)) connection.identify({ id: 'bob' })
    expect(await connections.disconnect({ principal: 'bob' })).toBe(200)
    expect(all.filter(({ closed }) => closed)).toEqual(all.slice(0, 200))
  })

  it('is told of before the hub has left', async () => {
    const { connections, wires } = room()
    void connections.disconnect({})
    await connections.drain(0, performance.now() + 10_000)
    expect(wires.map(({ reason }) => reason?.code)).toEqual(Array(many).fill('unauthorized'))
  })
})

describe('revocation', () => {
  /** Asked takes a while, as the digest of a credential does. */
  function slowRefusal(asked: string[]) {
    return ({ id }: Principal): AnywireError | undefined => {
      work()
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

describe('one connection of many', () => {
  it('is ended by the name of its node and its number, and told of so', async () => {
    const wheel = new Wheel()
    const events: unknown[] = []
    const counter = createConnectionCounter({ connections: null, connectionsPerAddress: null })
    const connections = new Connections({
      wheel,
      turns: new Turns(() => undefined),
      counter,
      tell: (event) => events.push(event),
      node: () => 'here',
    })
    const times = { heartbeatMs: 60_000, stallMs: 60_000 }
    const all = ['ann', 'ann', 'bob'].map(
      (id) => new Connection({ wire: new MemoryWire(), principal: { id }, wheel, times }),
    )
    for (const connection of all) connections.add(connection, {}, '127.0.0.1')
    const one = `here/${all[1]?.id}`
    const asked = [
      { connection: `elsewhere/${all[1]?.id}` },
      { connection: one, principal: 'bob' },
      { connection: one },
    ]
    const counts = await Promise.all(asked.map((selector) => connections.disconnect(selector)))
    expect(counts).toEqual([0, 0, 1])
    expect(all.map(({ closed }) => closed)).toEqual([false, true, false])
    expect(events).toEqual([{ event: 'disconnected', connections: 1, one }])
  })
})
