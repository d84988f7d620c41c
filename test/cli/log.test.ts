/** `anywire serve --log`: what is asked about later stands in a line, and no secret does. */
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { createHub, type HubEvent, memory } from '../../src/index.js'
import { serveHub } from '../support/hub-server.js'
import { anywire } from '../support/program.js'

describe('anywire serve --log json', () => {
  it('writes lines of JSON only, from its start to its end', async () => {
    const server = anywire(['serve', '--port', '0', '--log', 'json'])
    await server.until(({ lines }) => lines.length >= 2)
    const url = JSON.parse(server.lines[0] ?? '').sentence.replace('listening on ', '')
    const refused = await fetch(`${url}/channels/a?token=hunter2&b=1`, { headers: { 'x-forwarded-for': '10.0.0.1' } })
    expect(refused.status).toBe(403)
    const { code, lines, errors } = await server.stop('SIGTERM')
    expect({ code, errors }).toEqual({ code: 0, errors: '' })
    const entries = lines.map((line) => JSON.parse(line))
    expect(entries.map(({ event }) => event)).toEqual(['listening', 'notice', 'refused', 'leaving', 'left'])
    expect(entries[2]).toMatchObject({
      level: 'info',
      code: 'forbidden',
      method: 'GET',
      url: '/channels/a?token=[redacted]&b=1',
    })
    expect(lines.join()).not.toContain('hunter2')
  })
})

describe('onEvent', () => {
  function listening() {
    const events: HubEvent[] = []
    return { events, onEvent: (event: HubEvent) => void events.push(event) }
  }

  it('is told of gaps, with their channel', async () => {
    const { events, onEvent } = listening()
    const { hub, url } = await serveHub({ onEvent, rules: { a: { retain: { messages: 1 } } } })
    const { offset } = await hub.publish('a', 1)
    await hub.publishBatch('a', [{ data: 2 }, { data: 3 }])
    await fetch(url(`a?offset=${offset}`))
    const reading = hub.subscribe('a', { from: offset })
    await reading.next()
    await reading.return()
    expect(events).toMatchObject([
      { event: 'gap', channel: 'a', transport: 'request', reason: 'trimmed' },
      { event: 'refused', code: 'gap' },
      { event: 'gap', channel: 'a', transport: 'local', reason: 'trimmed' },
    ])
  })

  it('is told once that the store is down, and once that it is up', async () => {
    const { events, onEvent } = listening()
    const store = memory()
    const { append, position, read } = store
    const hub = createHub({ store, onEvent, onError: () => undefined })
    const fail = () => Promise.reject<never>(new Error('away'))
    Object.assign(store, { append: fail, position: fail, read: fail })
    for (let n = 0; n < 3; n++) await hub.publish('a', n).catch(() => undefined)
    Object.assign(store, { append, position, read })
    for (let n = 0; n < 3; n++) await hub.publish('a', n)
    await hub.close({ graceMs: 0 })
    expect(events.map(({ event }) => event)).toEqual(['store-down', 'store-up'])
  })

  it('is told of those who stall, and of those who are disconnected', async () => {
    const { events, onEvent } = listening()
    const { hub, socketUrl } = await serveHub({ onEvent, limits: { stallMs: 200, heartbeatMs: 1_000 } })
    const stuck = new WebSocket(socketUrl('a'))
    await once(stuck, 'open')
    stuck.pause()
    for (let n = 0; n < 20; n++) await hub.publish('a', 'x'.repeat(500_000))
    await expect
      .poll(() => events)
      .toMatchObject([{ event: 'stalled', transport: 'websocket', connection: expect.any(Number) }])
    const other = new WebSocket(socketUrl('b'))
    await once(other, 'open')
    hub.disconnect({ channel: 'b' })
    expect(events.at(-1)).toMatchObject({ event: 'disconnected', connections: 1, channel: 'b' })
    stuck.terminate()
  })

  it('names the connection of a gap and of a stalled reader, and the trace of a refused request', async () => {
    const { events, onEvent } = listening()
    const { hub, url } = await serveHub({ onEvent, rules: { a: { retain: { messages: 1 } } } })
    const trace = '0af7651916cd43dd8448eb211c80319c'
    await fetch(url('a'), { method: 'PATCH', headers: { traceparent: `00-${trace}-b7ad6b7169203331-01` } })
    await fetch(url('a'), { method: 'PATCH', headers: { traceparent: 'not one' } })
    const { offset } = await hub.publish('a', 1)
    await hub.publishBatch('a', [{ data: 2 }, { data: 3 }])
    const reading = hub.subscribe('a', { from: offset })
    await reading.next()
    await reading.return()
    expect(events).toMatchObject([
      { event: 'refused', trace },
      { event: 'refused', trace: undefined },
      { event: 'gap', connection: expect.any(Number) },
    ])
  })

  it('may throw: that goes to onError', async () => {
    const errors: unknown[] = []
    const fail = () => {
      throw new Error('of the log')
    }
    const { url } = await serveHub({ onEvent: fail, onError: (error) => errors.push(error.cause) })
    expect((await fetch(url('a'), { method: 'PATCH' })).status).toBe(405)
    expect(errors).toMatchObject([{ message: 'of the log' }])
  })
})
