/** Tests of a connection: heartbeats, silence, stalls, and the ends of a wire. Times are small. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { MemoryWire } from '../../../test/support/core/memory-wire.js'
import { Room, turn, words } from '../../../test/support/core/room.js'
import { AnywireError } from '../../protocol/error.js'
import { Wheel } from '../wheel.js'
import { Connection, type ConnectionOptions } from './connection.js'

const open: Connection[] = []
afterEach(() => {
  for (const connection of open.splice(0)) connection.close()
  vi.useRealTimers()
})

function connect(options: Partial<ConnectionOptions> = {}, wire = new MemoryWire()) {
  const connection = new Connection({
    wire,
    heartbeat: words.heartbeat,
    principal: { id: 'reader' },
    wheel: new Wheel(),
    times: { heartbeatMs: 80, stallMs: 10_000 },
    ...options,
  })
  open.push(connection)
  return { connection, wire }
}

describe('connection', () => {
  it('refers to its wire no more once that is gone: sets that held it may keep it for a while', () => {
    const { wire, connection } = connect()
    expect(connection.wire).toBe(wire)
    wire.closed?.()
    expect(connection.wire).not.toBe(wire)
    const { room, sent, received } = connection.wire
    expect([room, sent, received, connection.wire.write(Buffer.from('late'))]).toEqual([false, 0, 0, false])
    connection.wire.close()
    connection.wire.destroy()
  })

  it('sends a heartbeat after silence, again and again', async () => {
    const { wire } = connect()
    await wire.until(({ text }) => text === '♥ ♥ ♥ ')
  })

  it('sends no heartbeat while other bytes leave', () => {
    vi.useFakeTimers()
    const { connection, wire } = connect({ times: { heartbeatMs: 1_000, stallMs: 10_000 } })
    for (let i = 0; i < 100; i++) {
      connection.write(Buffer.from('x'))
      vi.advanceTimersByTime(50)
    }
    expect(wire.text).toBe('x'.repeat(100))
  })

  it('sends no heartbeat to a wire without room', async () => {
    const { connection, wire } = connect({ times: { heartbeatMs: 40, stallMs: 200 } })
    wire.pause()
    connection.write(Buffer.from('x'))
    await wire.until(({ over }) => over)
    expect(wire.queued).toBe(1)
  })

  it('promise 6: destroys a wire that takes nothing while there is something to take', async () => {
    const { connection, wire } = connect({ times: { heartbeatMs: 10_000, stallMs: 80 } })
    wire.pause()
    expect(connection.write(Buffer.from('x'))).toBe(false)
    await wire.until(({ over }) => over)
    expect(connection.closed).toBe(true)
  })

  it('does not count as a stall what goes on slowly', () => {
    vi.useFakeTimers()
    const { connection, wire } = connect({ times: { heartbeatMs: 10_000, stallMs: 400 } })
    for (let i = 0; i < 10; i++) {
      wire.pause()
      connection.write(Buffer.from('x'))
      vi.advanceTimersByTime(350)
      wire.resume()
    }
    expect([wire.over, connection.closed]).toEqual([false, false])
  })

  it('destroys a wire from which nothing comes for three heartbeats, if the client has to talk', async () => {
    const quiet = connect({ talks: true, times: { heartbeatMs: 40, stallMs: 10_000 } })
    const listener = connect({ times: { heartbeatMs: 40, stallMs: 10_000 } })
    const talker = connect({ talks: true, times: { heartbeatMs: 40, stallMs: 10_000 } })
    const talking = setInterval(() => talker.wire.received++, 5)
    await quiet.wire.until(({ over }) => over)
    clearInterval(talking)
    expect([listener.wire.over, talker.wire.over]).toEqual([false, false])
  })

  it('closes once: its readings end, and its owner is told', async () => {
    const room = new Room()
    const { connection, wire, subscription } = await room.reader()
    let told = 0
    connection.listen({ closed: () => told++ })
    const reason = new AnywireError('draining', 'Leaving.')
    connection.close(reason)
    connection.close()
    wire.destroy()
    expect([told, wire.reason, subscription.state, connection.closed]).toEqual([1, reason, 'closed', true])
    expect(connection.write(Buffer.from('late'))).toBe(false)
  })

  it('ends its readings when the wire is gone', async () => {
    const room = new Room()
    const { connection, wire, subscription } = await room.reader()
    wire.destroy()
    expect([connection.closed, subscription.state, room.delivery.count().subscriptions]).toEqual([true, 'closed', 0])
  })

  it('serves those of its readings that wait, each as room comes', async () => {
    const room = new Room({ sliceBytes: 200 })
    const first = await room.reader()
    const opening = await room.delivery.open(room.name, { kind: 'now' })
    const second = opening.start(first.connection, words)
    first.wire.pause()
    await room.count(1, 9)
    await turn()
    expect([...first.connection.subscriptions].map(({ state }) => state)).toEqual(['waiting', 'waiting'])
    first.wire.resume()
    await turn()
    expect([first.subscription.position, second.position]).toEqual([second.log.head, second.log.head])
    expect(first.got.split(' ').sort()).toEqual('1 1 2 2 3 3 4 4 5 5 6 6 7 7 8 8 9 9'.split(' '))
  })

  it('ends with its only reading, and stays with the others', async () => {
    const room = new Room()
    const single = await room.reader()
    const many = await room.reader({ connection: { single: false } })
    const left: unknown[] = []
    many.connection.listen({ left: (subscription) => left.push(subscription) })
    await room.close()
    await single.until('.')
    await many.until('.')
    expect([single.wire.over, many.wire.over, left]).toEqual([true, false, [many.subscription]])
  })

  it('is closed with `gap` where the framing cannot announce one', async () => {
    const room = new Room({}, { retain: { messages: 2, bytes: null, ageMs: null } })
    const [first] = await room.count(1, 9)
    const silent = { name: 'silent', encode: words.encode }
    const { wire } = await room.reader({ from: first!, framing: silent })
    expect(wire.reason).toMatchObject({ code: 'gap', details: { reason: 'trimmed' } })
    expect(wire.text).toBe('')
  })
})
