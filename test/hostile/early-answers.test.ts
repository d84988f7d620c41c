/** A body is refused before it has come: its sender reads the answer, however fast it sends, and whether the connection stays or not. */
import { once } from 'node:events'
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  createServer as createHttp2Server,
} from 'node:http2'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { AnywireError, createHub, type HubOptions, http2Options } from '../../src/index.js'
import { type HubServer, serveHub } from '../support/hub-server.js'

const mebibyte = 1_048_576
const bodyBytes = 10 * mebibyte

/** What refuses, before the body has come, each with the hub that does. */
const refusals: Readonly<Record<string, readonly [status: number, options: HubOptions, headers?: string]>> = {
  unauthorized: [401, { authenticate: () => null }],
  forbidden: [403, { rules: { n: { publish: false } } }],
  'a foreign page': [403, {}, 'Origin: https://elsewhere.example'],
  'a malformed header': [400, {}, 'Message-Key: %'],
  'a coded body': [400, {}, 'Content-Encoding: gzip'],
  'a host that is not ours': [421, { hosts: ['a.example'], authenticate: () => ({ id: 'ann' }) }, 'Host: b.example'],
  'too large': [413, {}],
  'too many': [429, { limits: { receivingBytes: 1_000, bodyBytes: 2 * bodyBytes } }],
  'a permission that cannot be had': [
    503,
    {
      rules: {
        n: {
          publish: () => {
            throw new AnywireError('unavailable', 'The directory is away.')
          },
        },
      },
    },
  ],
}

function head(method: string, connection: string, more = ''): string {
  const host = /^Host: /.test(more) ? '' : 'Host: localhost\r\n'
  const fields = `${host}Content-Type: application/json\r\nContent-Length: ${bodyBytes}\r\nConnection: ${connection}\r\n`
  return `${method} /channels/n HTTP/1.1\r\n${fields}${more === '' ? '' : `${more}\r\n`}\r\n`
}

/** Sends all of a body before it reads anything of the answer. */
async function sendWhole({ port }: HubServer, request: string): Promise<string> {
  const socket = open(port)
  socket.pause()
  socket.write(request)
  const chunk = Buffer.alloc(mebibyte, ' ')
  for (let sent = 0; sent < bodyBytes && !socket.destroyed; sent += chunk.length) {
    if (!socket.write(chunk)) await Promise.race([once(socket, 'drain'), once(socket, 'close')])
  }
  return answerOn(socket)
}

function open(port: number): Socket {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  return socket
}

/** The first line of the answer; what went wrong with the connection if there is none. */
async function answerOn(socket: Socket): Promise<string> {
  let text = ''
  let failure = 'nothing'
  socket.on('error', ({ message }) => {
    failure = message
  })
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1')
  })
  socket.resume()
  const whole = () => /\r\n\r\n.*\}$/s.test(text)
  while (!whole() && !socket.destroyed) await Promise.race([once(socket, 'data'), once(socket, 'close')])
  return whole() ? text.slice(0, 12) : failure
}

const rounds = Array.from({ length: 4 })

describe.each(['POST', 'PUT'])('%s of a body that is refused over HTTP/1.1', (method) => {
  describe.each(['keep-alive', 'close'])('on a connection that says %s', (connection) => {
    it.each(Object.entries(refusals))(
      'is answered though all of it is sent before anything is read: %s',
      async (_name, [status, options, more]) => {
        const server = await serveHub({ ...options, onError: () => undefined })
        const answers = await Promise.all(rounds.map(() => sendWhole(server, head(method, connection, more))))
        expect(answers).toEqual(rounds.map(() => `HTTP/1.1 ${status}`))
      },
    )

    it('is answered at once, though its sender is slow, and read on', async () => {
      const server = await serveHub()
      const socket = open(server.port)
      socket.write(head(method, connection))
      expect(await answerOn(socket)).toBe('HTTP/1.1 413')
      for (let i = 0; i < 20; i++) await new Promise<void>((sent) => socket.write(Buffer.alloc(65_536), () => sent()))
      expect(socket.destroyed).toBe(false)
    })
  })

  it('leaves its connection fit for the next request', async () => {
    const server = await serveHub()
    const socket = open(server.port)
    socket.write(head(method, 'keep-alive'))
    expect(await answerOn(socket)).toBe('HTTP/1.1 413')
    socket.removeAllListeners('data')
    socket.write(Buffer.alloc(bodyBytes, ' '))
    socket.write(
      'POST /channels/$ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok',
    )
    expect(await answerOn(socket)).toBe('HTTP/1.1 403')
  })

  it('is given up where it has no end', async () => {
    const server = await serveHub()
    const socket = open(server.port).resume()
    socket.on('error', () => undefined)
    socket.write(head(method, 'keep-alive').replace(/Content-Length: \d+/, `Content-Length: ${2 ** 40}`))
    const chunk = Buffer.alloc(mebibyte)
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    while (!socket.destroyed) {
      if (!socket.write(chunk)) await Promise.race([new Promise((room) => socket.once('drain', room)), closed])
    }
    expect(socket.bytesWritten).toBeLessThan(64 * mebibyte)
  })

  it('is given up where its sender falls silent', async () => {
    const server = await serveHub({ limits: { stallMs: 100 } })
    const socket = open(server.port)
    socket.write(head(method, 'keep-alive'))
    const closed = once(socket, 'close')
    expect(await answerOn(socket)).toBe('HTTP/1.1 413')
    await closed
  })

  it('is answered by a hub that leaves, though the answer ends the connection', async () => {
    const server = await serveHub()
    await server.hub.close({ graceMs: 1 })
    const answers = await Promise.all(rounds.map(() => sendWhole(server, head(method, 'keep-alive'))))
    expect(answers).toEqual(rounds.map(() => 'HTTP/1.1 503'))
  })
})

describe('another request with a body, which nobody reads', () => {
  it.each([
    ['GET', 404],
    ['DELETE', 404],
    ['PATCH', 405],
  ])('is answered too: %s', async (method, status) => {
    const server = await serveHub({ create: 'explicit' })
    const answers = await Promise.all(rounds.map(() => sendWhole(server, head(method, 'close'))))
    expect(answers).toEqual(rounds.map(() => `HTTP/1.1 ${status}`))
  })
})

describe.each(['POST', 'PUT'])('%s of a body that is refused over HTTP/2', (method) => {
  it.each(Object.entries(refusals))(
    'is answered, and its session serves on: %s',
    async (_name, [status, options, more = '']) => {
      const session = await sessionTo({ ...options, onError: () => undefined })
      const [name = '', value = ''] = more.toLowerCase().split(': ')
      const special = name === 'host' ? { ':authority': value } : name === '' ? {} : { [name]: value }
      const headers = { ':method': method, ':path': '/channels/n', 'content-length': String(bodyBytes), ...special }
      for (const _ of rounds) {
        const stream = session.request(headers)
        send(stream)
        const [answer] = await once(stream, 'response')
        const body = String(Buffer.concat(await stream.toArray()))
        expect([answer[':status'], body]).toEqual([status, expect.stringContaining('"anywire":1')])
      }
      const after = session.request({ ':path': '/channels/n?live=unknown', ':authority': 'localhost' })
      const [{ ':status': last }] = await once(after, 'response')
      expect([400, 401]).toContain(last)
    },
  )
})

/** Sends a body as fast as it is taken, whatever comes back. */
function send(stream: ClientHttp2Stream): void {
  let sent = 0
  const chunk = Buffer.alloc(65_536, ' ')
  const next = () => {
    sent += chunk.length
    if (sent === bodyBytes) stream.end(chunk)
    else stream.write(chunk, (failed) => failed || next())
  }
  next()
}

/** A session of HTTP/2 with a hub of its own. */
async function sessionTo(options: HubOptions): Promise<ClientHttp2Session> {
  const hub = createHub(options)
  const server = createHttp2Server(http2Options())
  hub.attach(server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const session = connectHttp2(`http://localhost:${port}`, { createConnection: () => connect(port, '127.0.0.1') })
  onTestFinished(async () => {
    session.destroy()
    await hub.close({ graceMs: 1 })
    server.close()
  })
  return session
}
