/** Every call of a hub and every form, while it closes and once it is closed: each is answered, and says what is the matter. */
import { createServer } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { AnywireError, type Hub, memory } from '../../src/index.js'
import { ask } from '../support/clients/request.js'
import { refusal } from '../support/clients/socket.js'
import { stream } from '../support/clients/sse.js'
import { type Deferred, deferred } from '../support/core/deferred.js'
import { type HubServer, serveHub } from '../support/hub-server.js'

/** How far a hub is: waiting for a publish that is under way, or done. */
const stages = ['closing', 'closed'] as const

/** A hub whose store answers no append any more once it is held, until the gate opens. */
async function gated(): Promise<{ server: HubServer; gate: Deferred<void>; hold: () => void }> {
  const inner = memory()
  const gate = deferred()
  let held = false
  const store = new Proxy(inner, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      if (name !== 'append') return member.bind(target)
      return async (...given: unknown[]) => {
        if (held) await gate.promise
        return member.apply(target, given)
      }
    },
  })
  const server = await serveHub({ store })
  const hold = () => {
    held = true
  }
  return { server, gate, hold }
}

/** Closes the hub while a publish is under way, which goes on at the end of the test. */
function closeWaiting({ server: { hub }, gate, hold }: Awaited<ReturnType<typeof gated>>): Promise<void> {
  hold()
  const published = hub.publish('n', 2)
  const closed = hub.close({ graceMs: 60_000 })
  onTestFinished(async () => {
    gate.resolve()
    await published
    await closed
  })
  return closed
}

/** A hub at that stage. */
async function leaving(stage: (typeof stages)[number]): Promise<HubServer> {
  const world = await gated()
  const { hub } = world.server
  hub.yjs('/yjs')
  await hub.publish('n', 1)
  if (stage === 'closing') closeWaiting(world)
  else await hub.close({ graceMs: 60_000 })
  return world.server
}

/** What each call does that promises something for later, and what it answers. */
const refused: Readonly<Record<string, (hub: Hub) => unknown>> = {
  publish: (hub) => hub.publish('n', 3),
  publishBatch: (hub) => hub.publishBatch('n', [{ data: 3 }]),
  create: (hub) => hub.create('m'),
  delete: (hub) => hub.delete('n'),
  revoke: (hub) => hub.revoke({ principal: 'ann' }),
  history: (hub) => hub.history('n'),
  trim: (hub) => hub.trim('n', 1),
  reconfigure: (hub) => hub.reconfigure({ rules: {} }),
  subscribe: (hub) => hub.subscribe('n', { from: 'start' }).next(),
  'channel.publish': (hub) => hub.channel('n').publish(3),
  'channel.subscribe': (hub) => hub.channel('n').subscribe().next(),
  presence: (hub) => hub.presence('n'),
  attach: (hub) => hub.attach(createServer()),
  yjs: (hub) => hub.yjs('/more'),
}

/** Calls that go on to answer, and what. */
const answered: Readonly<Record<string, readonly [call: (hub: Hub) => unknown, answer: unknown]>> = {
  stats: [(hub) => hub.stats().subscriptions, 0],
  disconnect: [(hub) => hub.disconnect({}), 0],
  drain: [(hub) => hub.drain(), expect.stringMatching(/./)],
  rules: [(hub) => hub.rules(), {}],
  tells: [(hub) => hub.tells, false],
}

/** Looked at by the requests below, at the end of each test, or by what is made of it. */
const others = ['handle', 'upgrade', 'close', 'channel', 'signUrl', 'inspect', 'readiness', 'path'] as const

/** Requests of every form. */
const requests: Readonly<Record<string, readonly [method: string, below: string, headers?: object, body?: string]>> = {
  'a page': ['GET', 'n'],
  HEAD: ['HEAD', 'n'],
  PUT: ['PUT', 'm'],
  POST: ['POST', 'n', { 'Content-Type': 'application/json' }, '3'],
  'closing a channel': ['POST', 'n', { 'Stream-Closed': 'true' }],
  DELETE: ['DELETE', 'n'],
  'plain SSE': ['GET', 'n', { Accept: 'text/event-stream' }],
  'durable SSE': ['GET', 'n?live=sse&offset=now'],
  'durable long poll': ['GET', 'n?live=long-poll&offset=now'],
  'plain poll': ['GET', 'n?live=poll'],
  'many channels': ['GET', '?channel=n&channel=m', { Accept: 'text/event-stream' }],
  'a batch': ['POST', '', {}, '{"subscribe":[{"channel":"n"}],"publish":[{"channel":"n","data":3}]}'],
  'anywire.v1 over POST': ['POST', '', { Accept: 'text/event-stream' }, '{"subscribe":[{"channel":"n"}]}'],
}

const sockets: Readonly<Record<string, (server: HubServer) => ReturnType<typeof refusal>>> = {
  'plain WebSocket': ({ socketUrl }) => refusal(socketUrl('n')),
  'anywire.v1': ({ socketUrl }) => refusal(socketUrl(), { protocols: ['anywire.v1'] }),
  'y-websocket': ({ socketUrl }) => refusal(socketUrl().replace('/channels', '/yjs/room')),
}

describe.each(stages)('a hub that is %s', (stage) => {
  let server: HubServer
  beforeEach(async () => {
    server = await leaving(stage)
  })

  it.each(Object.entries(refused))('refuses %s as draining', async (_, call) => {
    const thrown = await Promise.resolve()
      .then(() => call(server.hub))
      .catch((error: unknown) => error)
    expect(thrown).toBeInstanceOf(AnywireError)
    expect(thrown).toMatchObject({ code: 'draining', message: expect.stringContaining('is closed') })
  })

  it.each(Object.entries(answered))('answers %s', async (_, [call, answer]) => {
    expect(await call(server.hub)).toEqual(answer)
  })

  it.each(Object.entries(requests))('answers 503 to %s, and keeps nothing of it', async (_, request) => {
    const [method, below, headers = {}, body] = request
    const answer = await ask(server.url(below), {
      method,
      headers: { ...headers },
      ...(body !== undefined && { body }),
    })
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, expect.stringMatching(/^[1-9]\d*$/)])
    if (method !== 'HEAD') expect(answer.code).toBe('draining')
    await expect.poll(() => server.hub.stats()).toMatchObject({ connections: 0, requests: 0, subscriptions: 0 })
  })

  it('tells an EventSource that resumes to come back', async () => {
    const events = await stream(server.url('n'), { headers: { 'Last-Event-ID': 'x' } })
    await events.ended
    expect([events.status, events.text]).toEqual([200, expect.stringMatching(/^retry: \d+\n\n$/)])
  })

  it.each(Object.entries(sockets))('refuses %s', async (_, open) => {
    expect(await open(server)).toMatchObject({ status: 503, code: 'draining' })
  })
})

it('no call of a hub is left out here', async () => {
  const server = await leaving('closed')
  const named = [...Object.keys(refused), ...Object.keys(answered), ...others].filter((name) => !name.includes('.'))
  expect(named.sort()).toEqual(Object.keys(server.hub).sort())
})

describe('a body that arrives while the hub closes', () => {
  it.each([
    ['POST', 'n'],
    ['PUT', 'm'],
  ])('of a %s is refused, and not waited for', async (method, channel) => {
    const world = await gated()
    const { server } = world
    let push: (more: string) => void = () => undefined
    const body = new ReadableStream({
      start(controller) {
        push = (more) => {
          controller.enqueue(Buffer.from(more))
          if (more.endsWith('"')) controller.close()
        }
      },
    })
    const headers = { 'Content-Type': 'application/json' }
    const sent = fetch(server.url(channel), { method, headers, body, duplex: 'half' } as RequestInit)
    push('"la')
    await expect.poll(() => server.hub.stats().requests).toBe(1)
    closeWaiting(world)
    push('te"')
    const answer = await sent
    expect([answer.status, await answer.json()]).toMatchObject([503, { error: { code: 'draining' } }])
  })
})

describe('hub.close', () => {
  it('waits for a `receive` that is at work on a POST, and acknowledges it', async () => {
    const [asked, gate] = [deferred(), deferred()]
    const receive = async () => {
      asked.resolve()
      await gate.promise
    }
    const { hub, url } = await serveHub({ rules: { n: { receive } } })
    const headers = { 'Content-Type': 'application/json' }
    const posted = ask(url('n'), { method: 'POST', headers, body: '1' })
    await asked.promise
    let over = false
    const closed = hub.close({ graceMs: 60_000 }).then(() => {
      over = true
    })
    // A hub that waits for nothing is closed long before.
    for (let turn = 0; turn < 500; turn++) await setImmediate()
    expect(over).toBe(false)
    gate.resolve()
    expect((await posted).status).toBe(204)
    await closed
  })

  it('is the same closing, however often it is called', async () => {
    const { hub } = await serveHub()
    await Promise.all([hub.close(), hub.close({ graceMs: 0 }), hub.close()])
    await hub.close()
  })
})
