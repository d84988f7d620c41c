/** SIGTERM at bad moments: the process ends, with 0, and nothing that was acknowledged is lost. */
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { anywire } from '../support/program.js'

/** For what hangs. The time itself is measured by `npm run bench -- leaving`. */
const hanging = { timeout: 180_000 }

function world(...args: string[]) {
  const store = `disk:${mkdtempSync(join(tmpdir(), 'anywire-sigterm-'))}`
  const serve = () => anywire(['serve', '--port', '0', '--store', store, '--drain-grace-ms', '3000', ...args])
  /** All messages of a channel, as another process finds them. */
  const kept = async (channel: string): Promise<readonly unknown[]> => {
    const server = anywire(['serve', '--port', '0', '--store', store])
    const url = `${await server.listening()}/channels/${channel}`
    const all: unknown[] = []
    for (let offset: string | null = '-1'; ; ) {
      const page: Response = await fetch(`${url}?offset=${offset}`)
      all.push(...((await page.json()) as unknown[]))
      if (page.headers.get('stream-up-to-date') === 'true') break
      offset = page.headers.get('stream-next-offset')
    }
    await server.stop('SIGTERM')
    return all
  }
  return { serve, kept }
}

/** Publishes on a connection of its own, and answers the status; undefined: the connection ended before it came. */
function publish(url: string, agent: Agent, value: unknown): Promise<number | undefined> {
  return new Promise((done) => {
    const headers = { 'content-type': 'application/json' }
    const asked = request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume().on('error', () => done(undefined))
      done(response.statusCode)
    })
    asked.on('error', () => done(undefined)).end(JSON.stringify(value))
  })
}

/** A connection that says what it is told to, and no more. */
async function raw(url: string, text: string | Buffer = '', secure = false): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const place = { host: hostname, port: Number(port) }
  const socket = secure
    ? connectTls({ ...place, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
    : connect(place)
  socket.on('error', () => {})
  onTestFinished(() => void socket.destroy())
  await once(socket, secure ? 'secureConnect' : 'connect')
  if (text.length > 0) await new Promise<void>((sent) => socket.write(text, () => sent()))
  return socket
}

/** Resolves when it is gone, however that came, with what was read. */
function readAll(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (bytes) => (text += bytes))
  return new Promise((done) => (socket.closed ? done(text) : socket.once('close', () => done(text))))
}

describe('SIGTERM', () => {
  it('in the middle of commits of many publishers loses nothing that was acknowledged', hanging, async () => {
    const { serve, kept } = world()
    const server = serve()
    const url = `${await server.listening()}/channels/a`
    const agent = new Agent({ keepAlive: true, maxSockets: 40 })
    onTestFinished(() => agent.destroy())
    const acknowledged: string[] = []
    let ending = false
    const publisher = async (name: number) => {
      for (let n = 0; ; n++) {
        const status = await publish(url, agent, `${name}/${n}`)
        if (status === 204) acknowledged.push(`${name}/${n}`)
        if (status !== 204 || acknowledged.length > 100_000) return
        if (acknowledged.length === 400 && !ending) {
          ending = true
          server.child.kill('SIGTERM')
        }
      }
    }
    await Promise.all(Array.from({ length: 40 }, (_, name) => publisher(name)))
    expect(await server.exited).toMatchObject({ code: 0, errors: '' })
    const all = new Set(await kept('a'))
    expect(acknowledged.length).toBeGreaterThanOrEqual(400)
    expect(acknowledged.filter((one) => !all.has(one))).toEqual([])
  })

  it.each([
    ['HTTP/1.1', []],
    ['HTTP/1.1 beside HTTP/2', ['--h2c']],
    ['TLS', ['--tls']],
  ])(
    'in the middle of a long body answers it or refuses it, and keeps what it answered: %s',
    hanging,
    async (name, args) => {
      const { serve, kept } = world(...args)
      const secure = name === 'TLS'
      const server = serve()
      const url = await server.listening()
      const value = 'x'.repeat(200_000)
      const body = JSON.stringify(value)
      const head = `POST /channels/a HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n`
      const socket = await raw(url, `${head}Content-Length: ${body.length}\r\n\r\n${body.slice(0, 100_000)}`, secure)
      const stuck = await raw(url, `${head}Content-Length: ${body.length}\r\n\r\n${body.slice(0, 100_000)}`, secure)
      // A request on another connection is answered, so both heads have been read.
      const other = await raw(url, 'GET /channels/b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', secure)
      expect(await readAll(other)).toMatch(/^HTTP\/1\.1 200 /)
      server.child.kill('SIGTERM')
      socket.write(body.slice(100_000))
      const answer = await readAll(socket)
      expect(answer).toMatch(/^HTTP\/1\.1 (204|503) /)
      expect((await server.exited).code).toBe(0)
      await readAll(stuck)
      expect(await kept('a')).toEqual(answer.startsWith('HTTP/1.1 204') ? [value] : [])
    },
  )

  it('in the middle of a TLS handshake', hanging, async () => {
    const { serve } = world('--tls')
    const server = serve()
    const url = await server.listening()
    // The beginning of a ClientHello; and nothing at all.
    const begun = await raw(url, Buffer.from('16030100f8010000f40303', 'hex'))
    const silent = await raw(url)
    server.child.kill('SIGTERM')
    expect((await server.exited).code).toBe(0)
    await Promise.all([begun, silent].map(readAll))
  })

  it('with readers that take nothing', hanging, async () => {
    const { serve, kept } = world()
    const server = serve()
    const url = await server.listening()
    const head = 'Host: localhost\r\nAccept: text/event-stream\r\n\r\n'
    const readers = await Promise.all(
      Array.from({ length: 20 }, () => raw(url, `GET /channels/a?offset=now HTTP/1.1\r\n${head}`)),
    )
    for (const reader of readers) {
      await once(reader, 'readable')
      reader.pause()
    }
    const agent = new Agent({ keepAlive: true })
    onTestFinished(() => agent.destroy())
    const filling = 'x'.repeat(500_000)
    for (let n = 0; n < 20; n++) expect(await publish(`${url}/channels/a`, agent, `${n} ${filling}`)).toBe(204)
    server.child.kill('SIGTERM')
    expect((await server.exited).code).toBe(0)
    expect((await kept('a')).map((one) => Number(String(one).split(' ')[0]))).toEqual(
      Array.from({ length: 20 }, (_, n) => n),
    )
  })
})
