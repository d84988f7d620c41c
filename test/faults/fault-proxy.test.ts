/** The fault proxy itself: each fault, as a raw client and a bare server see it. */
import { once } from 'node:events'
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { FaultProxy } from '../../playground/server/faults/proxy.js'
import { RawClient } from '../support/clients/raw-client.js'
import { ask, post } from '../support/clients/request.js'
import { Socket as WebSocketClient } from '../support/clients/socket.js'
import { play, schedule } from '../support/fault-schedule.js'
import { listen } from '../support/hub-server.js'

/** A server that notes what it gets: `/stream` sends what it is told to, anything else echoes; WebSockets echo too. */
async function world() {
  const got: string[] = []
  const streams: ServerResponse[] = []
  const sockets: Socket[] = []
  const webSockets: WebSocket[] = []
  const server = createServer(async (request: IncomingMessage, response) => {
    const body = (await request.toArray()).join('')
    got.push(`${request.method} ${request.url} ${body}`.trim())
    if (request.url === '/stream') {
      streams.push(response)
      response.write('first;')
    } else if (request.url === '/chunks') {
      response.write('one;')
      response.end('two;')
    } else response.setHeader('Content-Length', body.length + 1).end(`=${body}`)
  })
  server.on('connection', (socket) => sockets.push(socket))
  new WebSocketServer({ server }).on('connection', (socket) => {
    webSockets.push(socket)
    socket.on('message', (data) => socket.send(`=${data}`))
  })
  await listen(server)
  const proxy = await FaultProxy.start({ port: (server.address() as AddressInfo).port })
  onTestFinished(() => proxy.close())
  /** A stream under way, its first bytes here. */
  const stream = async () => {
    const client = new RawClient(proxy.port, 'GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n')
    return client.until(({ body }) => body.includes('first;'))
  }
  const webSocket = async () => new WebSocketClient(new WebSocket(proxy.origin.replace('http', 'ws')))
  return { proxy, server, got, streams, sockets, webSockets, stream, webSocket, url: `${proxy.origin}/echo` }
}

/** A connection of its own, and how it ended: `fin`, or the code of an error. */
function raw(port: number) {
  const socket = connect(port, '127.0.0.1')
  const bytes: Buffer[] = []
  socket.on('data', (chunk) => bytes.push(chunk))
  const ended = new Promise<string>((resolve) => {
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
    socket.on('end', () => resolve('fin'))
  })
  return { socket, ended, text: () => Buffer.concat(bytes).toString() }
}

describe('a fault proxy without faults', () => {
  it('passes requests, answers and streams as they are', async () => {
    const { proxy, streams, stream, url } = await world()
    expect((await post(url, 'hello')).text).toBe('="hello"')
    expect((await ask(`${proxy.origin}/chunks`)).text).toBe('one;two;')
    const client = await stream()
    streams[0]!.write('second;')
    await client.until(({ body }) => body.includes('second;'))
    expect(proxy.open('streams')).toBe(1)
    expect(proxy.requests.map(({ method, url, body }) => `${method} ${url} ${body}`)).toEqual([
      'POST /echo "hello"',
      'GET /chunks ',
      'GET /stream ',
    ])
  })

  it('passes pipelined requests one after the other, and a HEAD without a body', async () => {
    const { proxy } = await world()
    const { socket, text, ended } = raw(proxy.port)
    const head = 'HTTP/1.1\r\nHost: localhost\r\n'
    socket.write(
      `HEAD /a ${head}\r\nPOST /b ${head}Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\nGET /c ${head}Conn`,
    )
    socket.write('ection: close\r\n\r\n')
    expect(await ended).toBe('fin')
    expect(text().match(/HTTP\/1.1 200/g)).toHaveLength(3)
    expect(text()).toMatch(/=hi[\s\S]*=$/)
  })

  it('keeps a connection for many requests, and lets either side end it', async () => {
    const { proxy, sockets, url } = await world()
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    onTestFinished(() => agent.destroy())
    const get = () => fetchWith(agent, url)
    expect([await get(), await get()]).toEqual(['=', '='])
    expect(proxy.counts).toMatchObject({ connections: 1, requests: 2 })
    sockets[0]!.destroy()
    await proxy.until(() => proxy.open() === 0)
  })

  it('passes a WebSocket, and its close', async () => {
    const { proxy, webSocket, webSockets } = await world()
    const client = await webSocket()
    await once(client.webSocket, 'open')
    client.send('hi')
    expect(await client.next()).toBe('=hi')
    expect(proxy.open('websockets')).toBe(1)
    webSockets[0]!.close(4000, 'enough')
    expect(await client.closed).toEqual({ code: 4000, reason: 'enough' })
    await proxy.until(() => proxy.open() === 0)
  })

  it('passes 8 MB to a slow reader whole', async () => {
    const { stream, streams } = await world()
    const client = await stream()
    client.socket.pause()
    streams[0]!.write('x'.repeat(8_000_000))
    streams[0]!.end('the end')
    await new Promise(setImmediate)
    client.socket.resume()
    await client.until(({ body }) => body.includes('the end'))
    expect(client.body.length).toBeGreaterThan(8_000_000)
  })
})

describe('a connection', () => {
  it.each([
    ['fin', 'fin'],
    ['reset', 'ECONNRESET'],
  ] as const)('is cut by %s on both sides', async (how, end) => {
    const { proxy, sockets } = await world()
    const { socket, ended } = raw(proxy.port)
    socket.write('GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await once(socket, 'data')
    const serverSide = closed(sockets[0]!)
    await (how === 'fin' ? proxy.cut() : proxy.reset())
    expect(await ended).toBe(end)
    await serverSide
    expect(proxy.counts.cut).toBe(1)
  })

  it('is cut only if it is meant', async () => {
    const { proxy, stream, webSocket } = await world()
    await stream()
    const client = await webSocket()
    await once(client.webSocket, 'open')
    await proxy.cut('fin', 'websockets')
    expect((await client.closed).code).toBe(1006)
    expect(proxy.open('streams')).toBe(1)
  })

  it('is cut in the middle of what the server sends', async () => {
    const { proxy, stream, streams } = await world()
    const client = await stream()
    proxy.truncate(6)
    streams[0]!.write('second;')
    await client.ended
    expect(client.body.toString()).toMatch(/first;\r\n7\r\nsec$/)
    expect(proxy.counts.truncated).toBe(1)
  })

  it('is half open: the server sees its end, the client hears nothing', async () => {
    const { proxy, stream, sockets } = await world()
    const client = await stream()
    const serverSide = closed(sockets[0]!)
    proxy.halfOpen()
    await serverSide
    client.socket.write('GET /more HTTP/1.1\r\n\r\n')
    let over = false
    client.ended.then(() => {
      over = true
    })
    await stream()
    expect(over).toBe(false)
    client.socket.end()
    await client.ended
    expect(proxy.counts.halfOpened).toBe(1)
  })
})

describe('a network', () => {
  it('that stalls downwards lets requests through and holds the answers until it resumes', async () => {
    const { proxy, server, got, url } = await world()
    proxy.stall('down')
    const requested = once(server, 'request')
    let answered = false
    const answer = post(url, 1).finally(() => {
      answered = true
    })
    await requested
    await expect.poll(() => got).toEqual(['POST /echo 1'])
    expect(answered).toBe(false)
    proxy.resume()
    expect((await answer).text).toBe('=1')
  })

  it('that stalls upwards takes connections and holds what they say, and their end', async () => {
    const { proxy, stream, got, sockets } = await world()
    const client = await stream()
    proxy.stall('up')
    const later = raw(proxy.port)
    later.socket.end('GET /late HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    client.socket.destroy()
    await proxy.until(() => proxy.counts.connections === 2)
    expect([got.length, sockets[0]!.destroyed]).toEqual([1, false])
    const serverSide = closed(sockets[0]!)
    proxy.resume()
    await serverSide
    expect(await later.ended).toBe('fin')
    expect(later.text()).toContain('=')
  })

  it('that is slow delays each chunk and keeps their order', async () => {
    const { proxy, stream, streams } = await world()
    const client = await stream()
    proxy.delay(60, 60, 'down')
    const began = performance.now()
    for (const digit of '0123456789') streams[0]!.write(digit)
    streams[0]!.end('.')
    await client.until(({ body }) => body.includes('.'))
    expect(performance.now() - began).toBeGreaterThanOrEqual(59)
    expect(client.body.toString().replace(/\r\n1?\r?\n?|first;|6/g, '')).toContain('.')
  })

  it.each([
    ['reset', 'ECONNRESET'],
    ['fin', 'fin'],
    ['port', 'ECONNREFUSED'],
  ] as const)('refuses new connections by %s until it accepts', async (how, end) => {
    const { proxy, url } = await world()
    proxy.refuse(how)
    expect(await raw(proxy.port).ended).toBe(end)
    await proxy.accept()
    expect((await ask(url)).status).toBe(200)
  })

  it('whose server is gone resets connections, and takes them to another one', async () => {
    const { proxy, server, url } = await world()
    const other = createServer((_, response) => response.end('another'))
    await listen(other)
    server.close()
    await once(server, 'close')
    await expect(ask(url)).rejects.toThrow('ECONNRESET')
    proxy.serverPort = (other.address() as AddressInfo).port
    expect((await ask(url)).text).toBe('another')
  })
})

describe('a WebSocket', () => {
  it.each([200, 403, 404, 502])('is refused with %i', async (refuse) => {
    const { proxy, webSocket, webSockets } = await world()
    proxy.webSockets({ refuse })
    const { webSocket: client } = await webSocket()
    const [error] = await once(client, 'error')
    expect(error.message).toContain(`Unexpected server response: ${refuse}`)
    expect([webSockets.length, proxy.counts.upgradesRefused]).toEqual([0, 1])
  })

  it('is black-holed, and other requests are not', async () => {
    const { proxy, webSocket, webSockets, url } = await world()
    proxy.webSockets('black-hole')
    const { webSocket: client } = await webSocket()
    await proxy.until(({ counts }) => counts.upgradesSwallowed === 1)
    expect((await ask(url)).status).toBe(200)
    expect([client.readyState, webSockets.length]).toEqual([0, 0])
    const gone = proxy.until(() => proxy.open() === 0)
    client.terminate()
    await gone
  })

  it('is mute after its handshake', async () => {
    const { proxy, webSocket, webSockets } = await world()
    proxy.webSockets('mute')
    const client = await webSocket()
    await once(client.webSocket, 'open')
    await proxy.until(({ counts }) => counts.muted === 1)
    client.send('hi')
    webSockets[0]!.send('hello')
    expect((await ask(`${proxy.origin}/a`)).status).toBe(200)
    expect(client.waiting).toBe(0)
  })

  it('is killed after its time, again and again', async () => {
    const { proxy, webSocket } = await world()
    proxy.webSockets({ killAfterMs: 20 })
    for (const _ of 'twice') expect((await (await webSocket()).closed).code).toBe(1006)
    expect(proxy.counts.killed).toBe(5)
  })
})

describe('a buffering proxy', () => {
  it('holds a body without a length until it ends', async () => {
    const { proxy, streams, got } = await world()
    proxy.buffer()
    const client = new RawClient(proxy.port, 'GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await client.until(({ head }) => head !== '')
    await expect.poll(() => got).toHaveLength(1)
    expect(client.body.length).toBe(0)
    streams[0]!.end('last')
    await client.until(({ body }) => body.includes('last'))
    expect(client.body.toString()).toBe('6\r\nfirst;\r\n4\r\nlast\r\n0\r\n\r\n')
    expect(proxy.counts.buffered).toBe(1)
  })

  it('holds the head too, and lets go of so many bytes at once', async () => {
    const { proxy, streams } = await world()
    proxy.buffer({ bytes: 1_000, head: false })
    const client = new RawClient(proxy.port, 'GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await proxy.until(({ counts }) => counts.buffered === 1)
    expect(client.head).toBe('')
    streams[0]!.write('x'.repeat(1_000))
    await client.until(({ body }) => body.length > 1_000)
    streams[0]!.write('held')
    expect(client.body.includes('held')).toBe(false)
  })

  it('passes an answer of a known length', async () => {
    const { proxy, url } = await world()
    proxy.buffer()
    expect((await post(url, 'short')).text).toBe('="short"')
    expect(proxy.counts.buffered).toBe(0)
  })
})

describe('a request', () => {
  it('is answered with a status in place of the server, as often as told', async () => {
    const { proxy, got, url } = await world()
    proxy.status(429, { 'Retry-After': '1' }, { times: 2 })
    const answers = [await ask(url), await ask(url), await ask(url)]
    expect(answers.map(({ status }) => status)).toEqual([429, 429, 200])
    expect(answers[0]!.headers['retry-after']).toBe('1')
    expect([got.length, proxy.counts.statuses]).toEqual([1, 2])
  })

  it('is answered so only if it fits, and until that is taken back', async () => {
    const { proxy, url } = await world()
    const undo = proxy.status(503, {}, { times: 9, match: ({ method }) => method === 'POST' })
    expect([(await ask(url)).status, (await post(url, 1)).status]).toEqual([200, 503])
    undo()
    expect((await post(url, 1)).status).toBe(200)
  })

  it('reaches the server, and its answer is lost', async () => {
    const { proxy, got, url } = await world()
    proxy.lose({ match: ({ body }) => body === '"x"' })
    await expect(post(url, 'x')).rejects.toThrow()
    expect((await post(url, 'x')).status).toBe(200)
    expect([got, proxy.counts.lost]).toEqual([['POST /echo "x"', 'POST /echo "x"'], 1])
  })

  it.each(['first', 'second'] as const)('reaches the server twice, and is answered by the %s', async (answer) => {
    const { proxy, got, url } = await world()
    proxy.duplicate({ answer })
    expect((await post(url, 'x')).text).toBe('="x"')
    await proxy.until(({ counts }) => counts.doubled === 1)
    expect((await post(url, 'y')).text).toBe('="y"')
    expect(got).toEqual(['POST /echo "x"', 'POST /echo "x"', 'POST /echo "y"'])
  })
})

describe('a schedule of faults', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(schedule({ seed: 7 }).text).toBe(schedule({ seed: 7 }).text)
    expect(schedule({ seed: 7 }).text).not.toBe(schedule({ seed: 8 }).text)
    expect(schedule({ seed: 7 }).text).toMatch(/^faults of seed 7:\n {2}after \d+ ms, for \d+ ms: /)
  })

  it('draws every kind, and only those asked for', () => {
    const all = schedule({ seed: 1, faults: 300 }).steps.map(({ name }) => /\w+(?=\([^;]*$)/.exec(name)![0])
    const kinds = ['buffer', 'cut', 'delay', 'duplicate', 'halfOpen', 'lose', 'refuse', 'stall', 'status', 'truncate']
    expect([...new Set(all)].sort()).toEqual([...kinds, 'webSockets'])
    expect(schedule({ kinds: ['halfOpen'] }).steps.map(({ name }) => name)).toEqual(Array(5).fill('halfOpen()'))
  })

  it('is played within its time, and leaves a proxy that works', async () => {
    const { proxy, url, stream } = await world()
    await stream()
    await play(proxy, schedule({ seed: 3, faults: 40, withinMs: 400 }), { quiet: true })
    expect((await post(url, 1)).status).toBe(200)
  })

  it('stops when told, and leaves a proxy that works', async () => {
    const { proxy, url } = await world()
    const stop = new AbortController()
    const played = play(proxy, schedule({ kinds: ['refuse'], withinMs: 600_000 }), { signal: stop.signal, quiet: true })
    stop.abort()
    await played
    expect((await ask(url)).status).toBe(200)
  })
})

describe('the end of a fault proxy', () => {
  it('is the end of all sockets', async () => {
    const { proxy, sockets } = await world()
    const { socket, ended } = raw(proxy.port)
    socket.write('GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await once(socket, 'data')
    const serverSide = closed(sockets[0]!)
    await proxy.close()
    await Promise.all([ended, serverSide])
    expect(await raw(proxy.port).ended).toBe('ECONNREFUSED')
  })
})

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.on('close', () => resolve()))
}

async function fetchWith(agent: Agent, url: string): Promise<string> {
  const [response] = await once(request(url, { agent }).end(), 'response')
  return (await response.toArray()).join('')
}
