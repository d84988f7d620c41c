/** 10,000 requests and frames as no client sends them. `TEST_SEED` makes a run happen again. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Holdings, HubProcess } from '../support/process/hub-process.js'
import { anywire, handshake, jsonFrame, request } from './frames.js'
import { anyFrame, anySessionFrame } from './fuzz-frames.js'
import { anyHandshake, anyPost, anyRequest, fromAnotherSite, garbage } from './fuzz-requests.js'
import { Random } from './random.js'
import { type Answer, talk } from './talk.js'

const seed = Number(process.env.TEST_SEED ?? Date.now() % 2 ** 31)
const atOnce = 24
const framesEach = 10
const sessionFramesEach = 25

describe(`a hub that hears nonsense (TEST_SEED=${seed})`, () => {
  let hub: HubProcess
  let before: Holdings
  let written = 0

  /** What a decent client says meanwhile. */
  async function write(): Promise<void> {
    const body = JSON.stringify({ n: ++written })
    const { status } = await talk(
      hub.port,
      request('POST', '/channels/control', ['Content-Type: application/json'], body),
    )
    expect(status).toBe(204)
  }

  async function log(): Promise<unknown> {
    // A connection that idles would be held at the end.
    const headers = { Connection: 'close' }
    const answer = await fetch(`http://127.0.0.1:${hub.port}/channels/control?offset=-1`, { headers })
    return answer.json()
  }

  /** Runs `count` cases, some at once, each with chance of its own; a decent client writes between them. */
  async function fuzz(kind: number, count: number, act: (random: Random) => Promise<void>): Promise<void> {
    let next = 0
    const one = async () => {
      for (let i = next++; i < count; i = next++) {
        await act(new Random(seed + kind * 1_000_003 + i * 7_919))
        if (i % 100 === 0) await write()
      }
    }
    await Promise.all(Array.from({ length: atOnce }, one))
    expect(hub.running).toBe(true)
  }

  async function atRest(): Promise<Holdings> {
    const nobody = { channels: 0, connections: 0, subscriptions: 0, reads: 0, publishers: 0, timers: 0 }
    await vi.waitFor(async () => expect(await hub.stats()).toMatchObject(nobody), { timeout: 30_000, interval: 200 })
    return hub.holdings({ objects: true })
  }

  beforeAll(async () => {
    hub = await HubProcess.start({
      limits: {
        bodyBytes: 65_536,
        messageBytes: 32_768,
        pollMs: 50,
        durableSseMs: 200,
        connectionsPerAddress: null,
        publishesPerSecond: null,
      },
      rules: {
        control: {},
        text: { contentType: 'text/plain' },
        bytes: { contentType: 'application/octet-stream' },
        '*': { retain: { messages: 50 } },
      },
    })
    await talk(hub.port, request('PUT', '/channels/closed', ['Stream-Closed: true', 'Content-Type: application/json']))
    for (let i = 0; i < 200; i++) await write()
    before = await atRest()
  })

  afterAll(() => hub.kill())

  it('answers 3,200 whole requests, never with 500', async () => {
    await fuzz(1, 3_200, async (random) => {
      const asked = anyRequest(random)
      expectStatus(await talk(hub.port, asked), asked)
    })
  })

  it('answers or hangs up on 1,600 that are broken, cut off, or several at once', async () => {
    await fuzz(2, 1_600, async (random) => {
      const { status } = await talk(hub.port, garbage(random), { halfClose: true })
      expect(status).not.toBe(500)
    })
  })

  it('lets none of 600 publishes from another site in', async () => {
    await fuzz(3, 600, async (random) => {
      const asked = fromAnotherSite(random)
      const { status } = await talk(hub.port, asked)
      expect(status, asked.toString()).toBe(403)
    })
  })

  it('answers 800 handshakes', async () => {
    await fuzz(4, 800, async (random) => {
      const asked = anyHandshake(random)
      expectStatus(await talk(hub.port, asked), asked)
    })
  })

  it('answers who offers HTTP/2 as if it had not', async () => {
    const offer = ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABk']
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'DELETE']) {
      const { status } = await talk(hub.port, request(method, '/channels/nothing', offer))
      expect(status, method).toBe({ GET: 200, HEAD: 200, OPTIONS: 204, DELETE: 404 }[method])
    }
  })

  it('outlives 2,000 WebSocket frames', async () => {
    await fuzz(5, 2_000 / framesEach, async (random) => {
      const frames = Array.from({ length: framesEach }, () => anyFrame(random))
      const opening = request('GET', '/channels/a?offset=-1', random.chance(0.5) ? handshake : anywire)
      const { status } = await talk(hub.port, Buffer.concat([opening, ...frames]), { halfClose: true })
      expect(status).toBe(101)
    })
  })

  it('stays with a client whatever 1,500 frames of anywire.v1 say', async () => {
    await fuzz(6, 1_500 / sessionFramesEach, async (random) => {
      const frames = Array.from({ length: sessionFramesEach }, () => anySessionFrame(random))
      const last = jsonFrame({ type: 'unsubscribe', channels: ['the last'] })
      const said = Buffer.concat([request('GET', '/channels', anywire), ...frames, last])
      const answer = '"type":"unsubscribed","channels":["the last"]'
      const { text } = await talk(hub.port, said, { until: (heard) => heard.includes(answer) })
      expect(text).toContain(answer)
    })
  })

  it('answers 800 bodies that ask for many things', async () => {
    await fuzz(7, 800, async (random) => {
      const asked = anyPost(random)
      expectStatus(await talk(hub.port, asked), asked)
    })
  })

  it('keeps what decent clients wrote, and nothing else', async () => {
    await write()
    expect(await log()).toEqual(Array.from({ length: written }, (_, i) => ({ n: i + 1 })))
  })

  it('is left as it was: no error, nobody in, no memory held', async () => {
    const after = await atRest()
    expect(after.errors).toEqual([])
    expect(after).toMatchObject({ alive: before.alive, sockets: before.sockets, listeners: before.listeners })
    expect((after.bytes - before.bytes) / 1_048_576).toBeLessThan(12)
  })
})

function expectStatus({ status }: Answer, asked: Buffer): void {
  const good = status === 101 || (status >= 200 && status <= 599 && status !== 500)
  expect(good, `${status} to ${JSON.stringify(asked.toString('latin1').slice(0, 3_000))}`).toBe(true)
}
