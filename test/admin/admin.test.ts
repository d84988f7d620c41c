/** The internal port: what it shows of a hub, and to whom. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type RequestListener, request } from 'node:http'
import { type AddressInfo, connect, createServer as createNetServer } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import WebSocket from 'ws'
import { createAdmin, createMetrics } from '../../src/admin/index.js'
import { createHub, type Hub, type HubOptions, memory } from '../../src/index.js'
import { textOf } from '../docs/blocks.js'
import { anywire } from '../support/program.js'

async function listen(listener: RequestListener = () => undefined) {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close().closeAllConnections())
  return { server, port: (server.address() as AddressInfo).port }
}

async function world(options: HubOptions = {}, admin: { token?: string; hosts?: string[] } = {}) {
  const metrics = await createMetrics()
  const hub = createHub({
    rules: { 'c/:n': { retain: { messages: 2 } } },
    onError: () => {},
    ...options,
    meter: metrics.meter,
  })
  onTestFinished(() => hub.close({ graceMs: 0 }))
  const { server, port } = await listen()
  hub.attach(server)
  const internal = await listen(createAdmin(hub, { metrics, ...admin }))
  return { hub, url: `http://127.0.0.1:${port}/channels`, port: internal.port }
}

interface Asked {
  readonly status: number
  readonly text: string
  readonly headers: Record<string, unknown>
}

/** `fetch` sets Host and Origin by itself. */
function ask(port: number, path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Asked> {
  return new Promise((done, fail) => {
    const asked = request({ port, host: '127.0.0.1', path, headers, method }, (response) => {
      let text = ''
      response.on('data', (chunk) => (text += chunk))
      response.on('end', () => done({ status: response.statusCode ?? 0, text, headers: response.headers }))
    })
    asked.on('error', fail).end()
  })
}

/** The value of each line of `/metrics`, by its name and labels. */
function valuesIn(text: string): Record<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]))
}

async function story({ hub, url }: { hub: Hub; url: string }) {
  const { offset } = await hub.publish('c/1', 1)
  const socket = new WebSocket(`${url}/c/1`.replace('http', 'ws'))
  await once(socket, 'open')
  await expect.poll(() => hub.stats().subscriptions).toBe(1)
  const heard = once(socket, 'message')
  await hub.publish('c/1', 2)
  await heard
  await hub.publishBatch('c/1', [{ data: 3 }, { data: 4 }])
  expect((await fetch(`${url}/c/1?offset=${offset}`)).status).toBe(410)
  expect((await fetch(`${url}/c/1`, { headers: { 'x-forwarded-for': '10.0.0.1' } })).status).toBe(403)
  return socket
}

describe('/metrics', () => {
  it('tells what has happened, by families whose labels are few', async () => {
    const one = await world()
    const socket = await story(one)
    const values = valuesIn((await ask(one.port, '/metrics')).text)
    expect(values).toMatchObject({
      'anywire_connections{transport="websocket"}': 1,
      'anywire_connections_opened_total{transport="websocket"}': 1,
      'anywire_subscriptions{transport="websocket",rule="c/:n"}': 1,
      'anywire_publishes_total{rule="c/:n",outcome="appended"}': 3,
      'anywire_publish_seconds_count{rule="c/:n"}': 3,
      'anywire_gaps_total{transport="request",reason="trimmed"}': 1,
      'anywire_refusals_total{code="forbidden"}': 1,
      'anywire_auth_failures_total{reason="forbidden"}': 1,
      'anywire_store_seconds_count{op="append"}': 3,
      'anywire_lag_messages_count{transport="websocket"}': 1,
      anywire_behind_readers: 0,
      anywire_channels: 1,
      anywire_store_up: 1,
    })
    expect(values).toHaveProperty('nodejs_eventloop_lag_p99_seconds')
    expect(values).toHaveProperty('process_cpu_seconds_total')
    socket.close()
    await expect.poll(() => one.hub.stats().connections).toBe(0)
    const later = valuesIn((await ask(one.port, '/metrics')).text)
    expect(later).toMatchObject({
      'anywire_connections{transport="websocket"}': 0,
      'anywire_connections_closed_total{transport="websocket",code=""}': 1,
      'anywire_subscriptions{transport="websocket",rule="c/:n"}': 0,
      'anywire_deliveries_total{transport="websocket",rule="c/:n"}': expect.any(Number),
    })
  })

  it('has names and types that promtool finds no fault with', async () => {
    const one = await world()
    await story(one)
    for (const path of ['/metrics', '/metrics/channels']) {
      const { text } = await ask(one.port, path)
      expect(execFileSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })).toBe('')
    }
  })

  it('is described in docs/operations.md, family by family', async () => {
    const { port } = await world()
    const texts = await Promise.all(['/metrics', '/metrics/channels'].map((path) => ask(port, path)))
    const families = texts.flatMap(({ text }) =>
      Array.from(text.matchAll(/^# TYPE (anywire_\w+)/gm), ([, name]) => name),
    )
    const described = Array.from(textOf('docs/operations.md').matchAll(/`(anywire_\w+)`/g), ([, name]) => name)
    expect(families.length).toBeGreaterThan(30)
    expect(families.filter((name) => !described.includes(name))).toEqual([])
    expect(described.filter((name) => !families.includes(name))).toEqual([])
  })

  it('tells how far readers lag', async () => {
    const one = await world({ limits: { stallMs: 60_000 } })
    await one.hub.publish('log', 0)
    const abort = new AbortController()
    const reading = await fetch(`${one.url}/log?live=sse&offset=-1`, { signal: abort.signal })
    await expect.poll(() => one.hub.stats().subscriptions).toBe(1)
    // The reader takes nothing: what does not fit into sockets stays in the log.
    for (let n = 0; n < 40; n++) await one.hub.publish('log', 'x'.repeat(500_000))
    const values = () => ask(one.port, '/metrics').then(({ text }) => valuesIn(text))
    await expect.poll(async () => (await values()).anywire_behind_readers).toBe(1)
    const { 'anywire_lag_messages_sum{transport="durable-sse"}': sum } = await values()
    expect(sum).toBeGreaterThan(10)
    abort.abort()
    await reading.text().catch(() => undefined)
  })

  it('counts failures of the store, and says that it is down until it answers', async () => {
    const store = memory()
    const { append } = store
    const one = await world({ store })
    store.append = () => Promise.reject(new Error('away'))
    await expect(one.hub.publish('a', 1)).rejects.toThrow()
    const down = valuesIn((await ask(one.port, '/metrics')).text)
    expect(down).toMatchObject({ anywire_store_up: 0, 'anywire_store_failures_total{op="append"}': 1 })
    store.append = append
    await one.hub.publish('a', 1)
    expect(valuesIn((await ask(one.port, '/metrics')).text)).toMatchObject({ anywire_store_up: 1 })
  })
})

describe('/metrics/channels', () => {
  it('shows single channels, those with the most readers first, and as many as asked for', async () => {
    const { hub, port } = await world()
    const readers = ['a', 'b', 'b', 'c', 'c', 'c'].map((name) => hub.subscribe(name))
    const next = readers.map((reader) => reader.next())
    await expect.poll(() => hub.stats().subscriptions).toBe(6)
    for (const name of ['a', 'b', 'c']) await hub.publishBatch(name, [{ data: 1 }, { data: 2 }])
    await Promise.all(next)
    const values = valuesIn((await ask(port, '/metrics/channels?top=2')).text)
    expect(values).toMatchObject({
      'anywire_channel_readers{channel="c"}': 3,
      'anywire_channel_readers{channel="b"}': 2,
      'anywire_channel_messages_total{channel="c"}': 2,
    })
    expect(values).not.toHaveProperty('anywire_channel_readers{channel="a"}')
    for (const reader of readers) await reader.return()
  })

  it.each(['0', '1001', 'x', '1.5'])('refuses top=%s', async (top) => {
    const { port } = await world()
    expect((await ask(port, `/metrics/channels?top=${top}`)).status).toBe(400)
  })
})

describe('health', () => {
  it('is ready while clients may be sent here, and alive until the end', async () => {
    const store = memory()
    const { position } = store
    const { hub, port } = await world({ store })
    const states = async () => [(await ask(port, '/healthz')).status, (await ask(port, '/readyz')).text]
    expect(await states()).toEqual([200, 'ready\n'])
    store.position = () => Promise.reject(new Error('away'))
    expect(await states()).toEqual([200, 'store-down\n'])
    store.position = position
    expect(await states()).toEqual([200, 'ready\n'])
    await hub.close({ graceMs: 0 })
    expect(await states()).toEqual([200, 'draining\n'])
    expect((await ask(port, '/readyz')).status).toBe(503)
  })
})

describe('the internal port', () => {
  const token = 'a'.repeat(20)

  it.each<[string, Record<string, string>, number]>([
    ['an address', { host: '10.0.0.7:9090' }, 200],
    ['localhost', { host: 'localhost' }, 200],
    ['an address of IPv6', { host: '[::1]:9090' }, 200],
    ['a name that is configured', { host: 'hub.internal:9090' }, 200],
    ['another name', { host: 'evil.example' }, 403],
    ['what is no name', { host: 'a b' }, 403],
    ['a foreign origin', { origin: 'http://evil.example' }, 403],
    ['an opaque origin', { origin: 'null' }, 403],
    ['another port of its host', { origin: 'http://127.0.0.1:3000', host: '127.0.0.1:9090' }, 403],
    ['its own origin', { origin: 'http://127.0.0.1:9090', host: '127.0.0.1:9090' }, 200],
    ['a page elsewhere', { 'sec-fetch-site': 'cross-site' }, 403],
  ])('is asked by %s', async (_by, headers, status) => {
    const { port } = await world({}, { hosts: ['hub.internal'] })
    for (const path of ['/healthz', '/readyz', '/metrics']) {
      expect((await ask(port, path, headers)).status).toBe(status)
    }
  })

  it('is asked by a probe of HTTP/1.0, which names no host', async () => {
    const { port } = await world()
    const probe = connect(port, '127.0.0.1', () => probe.write('GET /readyz HTTP/1.0\r\n\r\n'))
    let text = ''
    for await (const bytes of probe) text += bytes
    expect(text).toMatch(/^HTTP\/1\.1 200 [\s\S]*ready\n$/)
  })

  it('shows channels to this machine only, and with a token to whoever has it', async () => {
    const here = await world()
    expect((await ask(here.port, '/metrics/channels')).status).toBe(200)
    for (const name of ['x-forwarded-for', 'x-forwarded-host', 'forwarded', 'via', 'cdn-loop', 'x-real-ip'])
      expect((await ask(here.port, '/metrics/channels', { [name]: '10.0.0.1' })).status, name).toBe(401)
    const { port } = await world({}, { token })
    const shown = async (authorization?: string) =>
      (await ask(port, '/metrics/channels', authorization === undefined ? {} : { authorization })).status
    expect([await shown(), await shown('Bearer b'), await shown(`Bearer ${token}`)]).toEqual([401, 401, 200])
    expect((await ask(port, '/metrics')).status).toBe(200)
  })

  it('answers GET and HEAD of what there is', async () => {
    const { port } = await world()
    expect(await ask(port, '/nothing')).toMatchObject({ status: 404, text: expect.stringContaining('/readyz') })
    expect(await ask(port, '/healthz', {}, 'POST')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } })
    expect(await ask(port, '/metrics', {}, 'HEAD')).toMatchObject({ status: 200, text: '' })
  })
})

describe('anywire serve --admin', () => {
  it('opens a port of its own for metrics and health', async () => {
    const server = anywire(['serve', '--port', '0', '--admin', '127.0.0.1:0', '--drain-lame-ms', '0'])
    const url = await server.listening()
    await server.until(({ lines }) => lines.length >= 3)
    const port = Number(/^metrics and health on http:\/\/127\.0\.0\.1:(\d+)$/.exec(server.lines[1]!)?.[1])
    expect(
      (await fetch(`${url}/channels/a`, { method: 'POST', body: '1', headers: { 'content-type': 'application/json' } }))
        .status,
    ).toBe(204)
    expect(server.lines[2]).toBe(`dashboard at http://127.0.0.1:${port}/$/admin`)
    expect((await ask(port, '/readyz')).text).toBe('ready\n')
    expect(valuesIn((await ask(port, '/metrics')).text)).toMatchObject({
      'anywire_publishes_total{rule="",outcome="appended"}': 1,
    })
    expect((await fetch(`${url}/metrics`)).status).toBe(404)
    expect(await server.stop('SIGTERM')).toMatchObject({ code: 0, errors: '' })
  })

  it('leaves as at SIGTERM when the admin API says so', async () => {
    const server = anywire(['serve', '--port', '0', '--admin', '127.0.0.1:0', '--drain-lame-ms', '0'])
    await server.listening()
    await server.until(({ lines }) => lines.length >= 2)
    const port = Number(server.lines[1]?.split(':').at(-1))
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(`http://127.0.0.1:${port}/api/drain`, { method: 'POST', headers, body: '{}' })
    expect(await answer.json()).toEqual({ node: expect.any(String) })
    expect(await server.exited).toMatchObject({ code: 0, errors: '' })
  })

  it('is not ready for a while before it leaves, and serves meanwhile', async () => {
    const server = anywire(['serve', '--port', '0', '--admin', '127.0.0.1:0', '--drain-lame-ms', '6000'])
    const url = await server.listening()
    await server.until(({ lines }) => lines.length >= 2)
    const port = Number(server.lines[1]?.split(':').at(-1))
    const socket = new WebSocket(`${url}/channels/a`.replace('http', 'ws'))
    const closed = [once(socket, 'close')]
    await once(socket, 'open')
    const asked = ['drain', '--dry-run', '--admin', `127.0.0.1:${port}`, '--drain-per-second', '2']
    expect(await anywire(asked).exited).toMatchObject({
      code: 0,
      lines: ['1 clients: 9.5 s at most. 5 s pass for balancers, then 2 clients are sent away in a second.'],
    })
    const exit = server.stop('SIGTERM')
    await expect.poll(async () => (await ask(port, '/readyz')).text).toBe('draining\n')
    const late = new WebSocket(`${url}/channels/a`.replace('http', 'ws'))
    await once(late, 'open')
    closed.push(once(late, 'close'))
    expect((await Promise.all(closed)).map(([code]) => code)).toEqual([1012, 1012])
    expect(await exit).toMatchObject({ code: 0, errors: '' })
  })

  it('says that its port is in use', async () => {
    const taken = createNetServer().listen(0, '127.0.0.1')
    onTestFinished(() => void taken.close())
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    const { code, errors } = await anywire(['serve', '--port', '0', '--admin', `127.0.0.1:${port}`]).exited
    expect({ code, errors }).toEqual({ code: 1, errors: expect.stringMatching(/is in use.*--admin/) })
  })
})
