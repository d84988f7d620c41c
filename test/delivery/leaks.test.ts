/** Readers who come and go at any moment leave nothing behind, whatever their form. */
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { anywire, clientFrame, handshake, jsonFrame, request } from '../hostile/frames.js'
import { type Holdings, HubProcess } from '../support/process/hub-process.js'

const cycles = 2_000
const atOnce = 40
/** Admission and reads together take up to 16 ms here: some leave before, some after. */
const longestMs = 24
const channels = 20

const pick = () => `c${Math.floor(Math.random() * channels)}`
const at = (channel: string, query = '') => `/channels/${channel}${query}`
const events = ['Accept: text/event-stream']
const session = () => [
  jsonFrame({
    type: 'subscribe',
    subscriptions: [
      { channel: pick(), offset: '-1' },
      { channel: pick(), slow: 'conflate', rate: 20 },
    ],
  }),
  jsonFrame({ type: 'publish', id: 1, channel: pick(), data: 'hello', producer: { id: pick(), epoch: 0, seq: 0 } }),
  jsonFrame({ type: 'unsubscribe', channels: [pick()] }),
]
const batch = (channel: string) =>
  JSON.stringify({ subscribe: [{ channel }, { channel: pick(), offset: '-1' }], publish: [{ channel, data: 1 }] })

/** What a client of each form sends. */
const forms: Record<string, (channel: string) => Buffer> = {
  'catch-up': (channel) => request('GET', at(channel)),
  'durable long poll': (channel) => request('GET', at(channel, '?live=long-poll&offset=now')),
  'durable SSE': (channel) => request('GET', at(channel, '?live=sse&offset=-1')),
  'plain SSE': (channel) => request('GET', at(channel, '?rate=10'), events),
  'plain SSE, HTTP/2 offered': (channel) =>
    request('GET', at(channel), [
      ...events,
      'Connection: Upgrade, HTTP2-Settings',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABk',
    ]),
  'plain poll': (channel) => request('GET', at(channel, '?live=poll')),
  'many channels': (channel) => request('GET', `/channels?channel=${channel}&channel=${pick()}`, events),
  'plain WebSocket': (channel) =>
    Buffer.concat([request('GET', at(channel, '?offset=-1'), handshake), clientFrame(1, '"hello"')]),
  'anywire.v1': (channel) => Buffer.concat([request('GET', at(channel, '?offset=-1'), anywire), ...session()]),
  'anywire.v1 without credential': (channel) =>
    Buffer.concat([
      request('GET', at(channel), [...anywire, 'X-Nobody: 1']),
      jsonFrame({ type: 'auth', token: 'none' }),
    ]),
  'anywire.v1 over POST, as stream': (channel) => request('POST', '/channels', events, batch(channel)),
  'anywire.v1 over POST, as batch': (channel) => request('POST', '/channels', [], batch(channel)),
  append: (channel) =>
    request('POST', at(channel), ['Content-Type: application/json'], JSON.stringify({ n: 1, pad: 'x'.repeat(2_000) })),
}

describe('2,000 readers who leave at any moment', () => {
  let hub: HubProcess
  let before: Holdings

  beforeAll(async () => {
    hub = await HubProcess.start({
      setup: new URL('../hostile/slow.js', import.meta.url).href,
      limits: { pollMs: 10, authMs: 50, connectionsPerAddress: null },
      rules: { ':channel': { retain: { messages: 10 } } },
    })
    for (const ask of Object.values(forms)) await come(hub, ask, 100)
    before = await atRest(hub)
  })
  afterAll(() => hub.kill())

  it.each(Object.keys(forms))('leave nothing behind over %s', async (name) => {
    const coming = come(hub, forms[name]!, cycles)
    let over = false
    coming.finally(() => {
      over = true
    })
    for (let from = 1; !over; from++) {
      await hub.publishSeries({ channel: `c${from % channels}`, from, count: 1, bytes: 100 })
      await sleep(2)
    }
    await coming
    expect(hub.running).toBe(true)
  })

  it('are all forgotten: connections, readings, timers, sockets, listeners and memory', async () => {
    const after = await atRest(hub)
    expect(after.errors).toEqual([])
    expect(after).toMatchObject({ alive: before.alive, sockets: before.sockets, listeners: before.listeners })
    expect((after.bytes - before.bytes) / 1_048_576).toBeLessThan(4)
  })
})

/** So many clients, some at once, each of whom asks and leaves. */
async function come(hub: HubProcess, ask: (channel: string) => Buffer, count: number): Promise<void> {
  let left = count
  const one = async () => {
    while (left-- > 0) await visit(hub.port, ask(pick()))
  }
  await Promise.all(Array.from({ length: atOnce }, one))
}

/** Sends all of it, or a part; leaves some time later, politely or not. */
async function visit(port: number, bytes: Buffer): Promise<void> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined)
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.resume()
  socket.write(Math.random() < 0.1 ? bytes.subarray(0, Math.random() * bytes.length) : bytes)
  await Promise.race([closed, sleep(Math.random() * longestMs)])
  const manner = Math.random()
  if (manner < 0.4) socket.resetAndDestroy()
  else if (manner < 0.8) socket.destroy()
  else socket.end()
  await closed
}

/** What the hub holds once nobody is there and the channels have been let go of. */
async function atRest(hub: HubProcess): Promise<Holdings> {
  const nobody = {
    requests: 0,
    channels: 0,
    connections: 0,
    subscriptions: 0,
    windowBytes: 0,
    reads: 0,
    publishers: 0,
    drained: 0,
    present: 0,
    compressibleBytes: 0,
    compressedBytes: 0,
    timers: 0,
  }
  await vi.waitFor(async () => expect(await hub.stats()).toEqual(nobody), { timeout: 30_000, interval: 200 })
  return hub.holdings({ objects: true })
}
