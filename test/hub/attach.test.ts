/** Hubs beside what else a server does: it is left alone, whatever a request offers, however many hubs there are, and whoever leaves first. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createHub, type Hub } from '../../src/index.js'
import { RawClient } from '../support/clients/raw-client.js'
import { ask } from '../support/clients/request.js'
import { connect } from '../support/clients/socket.js'
import { listen } from '../support/hub-server.js'
import { localhost } from '../support/localhost-certificate.js'

function hubAt(path = '/channels'): Hub {
  const hub = createHub({ path })
  onTestFinished(() => hub.close({ graceMs: 1 }))
  return hub
}

/** The application's own route: says what came. */
function own(request: IncomingMessage, response: ServerResponse): void {
  let body = ''
  request.on('data', (chunk) => {
    body += chunk
  })
  request.on('end', () => response.end(`${request.method} ${request.url} ${body.length} ${body.slice(0, 20)};`))
}

/** How a hub comes to a server. */
const ways: Readonly<Record<string, () => Server>> = {
  'one hub attached'() {
    const server = createServer(own)
    hubAt().attach(server)
    return server
  },
  'three hubs attached'() {
    const server = createServer(own)
    for (const path of ['/a', '/channels', '/c']) hubAt(path).attach(server)
    return server
  },
  'hub.handle and hub.upgrade'() {
    const hub = hubAt()
    const server = createServer((request, response) =>
      request.url?.startsWith('/channels') ? hub.handle(request, response) : own(request, response),
    )
    return server.on('upgrade', hub.upgrade)
  },
}

/** What Java's HttpClient sends to `http:`. */
const offer =
  'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\n'
const get = (path: string, more = offer) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`
const post = (path: string, body: string, more = offer) =>
  `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n${more}\r\n${body}`

async function talk(server: Server, text: string, until: string): Promise<string> {
  await listen(server)
  const client = new RawClient((server.address() as AddressInfo).port, text)
  onTestFinished(() => void client.socket.destroy())
  return (await client.until((one) => one.text.includes(until))).text
}

describe.each(Object.entries(ways))('a request that offers h2c, %s', (_way, serve) => {
  it('keeps its body, and reaches the application as a plain one', async () => {
    const text = await talk(serve(), post('/own', 'hello'), ';')
    expect(text).toContain('POST /own 5 hello;')
    expect(text).not.toContain('Connection: close')
  })

  it('keeps a long body that comes in pieces, and one in chunks', async () => {
    const server = serve()
    await talk(server, post('/own', 'x'.repeat(1_000_000)), ';').then((text) => expect(text).toContain('1000000'))
    const chunked = `POST /own HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n${offer}\r\n`
    const client = new RawClient((server.address() as AddressInfo).port, chunked)
    for (const piece of ['3\r\nabc\r\n', '2\r\nde\r\n', '0\r\n\r\n']) {
      await new Promise((sent) => client.socket.write(piece, sent))
      await new Promise(setImmediate)
    }
    expect((await client.until((one) => one.text.includes(';'))).text).toContain('POST /own 5 abcde;')
    client.socket.destroy()
  })

  it('leaves its connection for those that come after it', async () => {
    const requests = [get('/one'), post('/two', 'x'), get('/three', ''), post('/four', 'yy')]
    const text = await talk(serve(), requests.join(''), '/four 2 yy;')
    expect(text.match(/(GET|POST) \/\w+ \d+/g)).toEqual(['GET /one 0', 'POST /two 1', 'GET /three 0', 'POST /four 2'])
  })

  it('reaches the hub: publishes, and reads', async () => {
    const text = await talk(serve(), post('/channels/n', '{"a":1}') + get('/channels/n'), '[{"a":1}]')
    expect([...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual(['204', '200'])
  })

  it('waits for the answer before it', async () => {
    const server = serve()
    const polling = get('/channels/n?live=poll', '')
    const answered = talk(server, `${polling}${post('/own', 'after')}`, 'after;')
    await once(server, 'connection')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/channels/n`
    const publish = async (): Promise<string> => {
      await ask(url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '"first"' })
      return await Promise.race([answered, new Promise<string>((later) => setTimeout(later, 50, '')).then(publish)])
    }
    const text = await publish()
    expect(text.indexOf('"first"')).toBeLessThan(text.indexOf('POST /own 5 after;'))
  })
})

describe('a request that offers h2c over TLS', () => {
  it('keeps its body too', async () => {
    const server = createSecureServer(localhost(), own)
    hubAt().attach(server)
    await listen(server)
    const socket = connectTls({ port: (server.address() as AddressInfo).port, rejectUnauthorized: false })
    onTestFinished(() => void socket.destroy())
    socket.write(post('/own', 'hello') + post('/own', 'again'))
    let text = ''
    for await (const chunk of socket) {
      text += chunk
      if (text.includes('again;')) break
    }
    expect(text).toContain('hello;')
  })
})

describe('several hubs on one server', () => {
  it('each answer below their path, the longest first, in whichever order they came', async () => {
    for (const paths of [
      ['/a', '/a/b', '/c'],
      ['/c', '/a/b', '/a'],
    ]) {
      const server = createServer(own)
      const hubs = new Map(paths.map((path) => [path, hubAt(path)]))
      for (const [path, hub] of hubs) {
        hub.attach(server)
        await hub.publish('n', path)
      }
      const origin = await listen(server)
      for (const path of paths) {
        expect((await ask(`${origin}${path}/n`)).json()).toEqual([path])
        const socket = await connect(`${origin.replace('http', 'ws')}${path}/n?offset=-1`)
        expect(await socket.next()).toBe(JSON.stringify(path))
      }
      expect((await ask(`${origin}/own`)).text).toBe('GET /own 0 ;')
    }
  })

  it.each([
    [0, 1, 2],
    [2, 1, 0],
    [1, 2, 0],
  ])('may be detached in any order: %i, %i, %i', async (...order) => {
    const server = createServer(own)
    const { emit } = server
    const paths = ['/a', '/b', '/c']
    const undo = paths.map((path) => hubAt(path).attach(server))
    const origin = await listen(server)
    const left = new Set(paths)
    for (const i of order) {
      undo[i]?.()
      left.delete(paths[i]!)
      for (const path of paths) {
        const answer = (await ask(`${origin}${path}/n`)).text
        expect(answer).toBe(left.has(path) ? '[]' : `GET ${path}/n 0 ;`)
      }
    }
    expect(server.emit).toBe(emit)
    expect(server.listenerCount('upgrade')).toBe(0)
  })

  it('are undone though somebody else stands before them, and can be attached again', async () => {
    const server = createServer(own)
    const hub = hubAt()
    const undo = hub.attach(server)
    const { emit } = server
    server.emit = ((...values: [string, ...unknown[]]) => emit.apply(server, values as never)) as Server['emit']
    const origin = await listen(server)
    undo()
    expect((await ask(`${origin}/channels/n`)).text).toBe('GET /channels/n 0 ;')
    hub.attach(server)
    expect((await ask(`${origin}/channels/n`)).text).toBe('[]')
  })

  it('leave WebSockets of other paths to who listens for them', async () => {
    const server = createServer(own)
    for (const path of ['/a', '/b']) hubAt(path).attach(server)
    server.on('upgrade', (_request, socket: Socket) => socket.end('HTTP/1.1 418 Mine\r\n\r\n'))
    await listen(server)
    const client = new RawClient(
      (server.address() as AddressInfo).port,
      get('/own', 'Connection: Upgrade\r\nUpgrade: websocket\r\n'),
    )
    await client.ended
    expect(client.head).toContain('418 Mine')
  })

  it('of two copies of this package leave what is neither’s to the application', async () => {
    vi.resetModules()
    const copy = await import('../../src/index.js')
    expect(copy.createHub).not.toBe(createHub)
    const other = copy.createHub({ path: '/other' })
    onTestFinished(() => other.close({ graceMs: 1 }))
    const server = createServer(own)
    hubAt().attach(server)
    other.attach(server)
    expect(await talk(server, post('/own', 'hello'), ';')).toContain('POST /own 5 hello;')
  })

  it('cannot share a path', () => {
    const server = createServer()
    const hub = hubAt()
    const undo = hub.attach(server)
    for (const other of [hub, hubAt()])
      expect(() => other.attach(server)).toThrow('Another hub serves the path "/channels" of this server already.')
    undo()
    hubAt().attach(server)
  })
})

describe('what a hub cannot be attached to', () => {
  const application = Object.assign(() => undefined, { listen: () => undefined, emit: () => false })

  it.each([
    [application, 'hub.attach(server)'],
    [{ server: createServer() }, 'hub.attach(app.server)'],
    [{ fetch: () => undefined }, 'another object came'],
    [8080, '8080 came'],
    [undefined, 'undefined came'],
  ])('%o is told what to pass instead', (wrong, sentence) => {
    expect(() => hubAt().attach(wrong as unknown as Server)).toThrow(sentence)
  })

  it('answers nothing but a request of Node', () => {
    expect(() => hubAt().handle(undefined as never, undefined as never)).toThrow('hub.handle takes')
    expect(() => hubAt().handle({ url: '/' } as never, {} as never)).toThrow('hub.handle takes')
  })

  it('serves no path that is none', () => {
    expect(() => hubAt().attach(createServer(), { path: 'channels' })).toThrow('must begin with "/"')
  })
})
