/** Requests and WebSockets over HTTP/2, each in a session of its own. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { STATUS_CODES } from 'node:http'
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from 'node:http2'
import { Duplex } from 'node:stream'
import type { Opened } from '../transport.js'
import type { Asked } from './request.js'

/** A session that knows whether the server answers extended CONNECT. */
export async function openSession(url: string): Promise<ClientHttp2Session> {
  const session = connect(new URL(url).origin, { rejectUnauthorized: false })
  session.on('error', () => undefined)
  await once(session, 'remoteSettings')
  return session
}

export async function askHttp2(url: string, asked: Asked): Promise<Opened> {
  const { method = 'GET', headers = {}, body, signal } = asked
  const { host, pathname, search } = new URL(url)
  const session = connect(new URL(url).origin, { rejectUnauthorized: false })
  session.on('error', () => undefined)
  const given = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  const authority = given.host ?? host
  delete given.host
  const stream = session.request(
    { ':method': method, ':path': pathname + search, ':authority': authority, ...given },
    { ...(signal && { signal }) },
  )
  stream.once('close', () => session.close())
  stream.end(body)
  stream.on('error', () => undefined)
  const head = await new Promise<IncomingHttpHeaders & IncomingHttpStatusHeader>((resolve, reject) => {
    stream.once('response', resolve)
    stream.once('close', () => reject(new Error(`The stream was closed with ${stream.rstCode} before an answer.`)))
  })
  return { status: head[':status']!, headers: head, body: stream, leave: () => stream.close(8) }
}

/**
 * What `ws` takes for a connection: the upgrade request that is written to it becomes an extended CONNECT, its status the answer to an upgrade. RFC 8441.
 */
export class ConnectSocket extends Duplex {
  readonly session: ClientHttp2Session
  stream: ClientHttp2Stream | undefined

  constructor(url: string) {
    super()
    this.session = connect(new URL(url).origin.replace(/^ws/, 'http'), { rejectUnauthorized: false })
    this.session.on('error', (error) => this.destroy(error))
    this.session.on('close', () => this.destroy())
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    if (this.stream) this.stream.write(chunk, done)
    else if (this.session.remoteSettings) this.#ask(chunk.toString(), done)
    else this.session.once('remoteSettings', () => this.#ask(chunk.toString(), done))
  }

  override _final(done: () => void): void {
    this.stream?.end()
    done()
  }

  override _read(): void {
    this.stream?.resume()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (this.stream?.closed === false) this.stream.close(8)
    this.session.close()
    done(error)
  }

  setNoDelay(): void {}
  setTimeout(): void {}

  #ask(head: string, done: () => void): void {
    const [first = '', ...lines] = head.trimEnd().split('\r\n')
    const headers: Record<string, string> = {}
    for (const line of lines)
      headers[line.slice(0, line.indexOf(':')).toLowerCase()] = line.slice(line.indexOf(':') + 2)
    const { host, upgrade, connection, 'sec-websocket-key': key, ...rest } = headers
    const pseudo = { ':method': 'CONNECT', ':protocol': 'websocket', ':scheme': 'https', ':path': first.split(' ')[1] }
    this.stream = this.session.request({ ...pseudo, ':authority': host, ...rest }, { endStream: false })
    this.stream.once('response', (answer) => this.push(asUpgrade(answer, key ?? '')))
    this.stream.on('data', (chunk) => this.push(chunk) || this.stream?.pause())
    this.stream.on('end', () => this.push(null))
    this.stream.on('error', () => undefined)
    this.stream.on('close', () => this.destroy())
    done()
  }
}

/** The answer as HTTP/1.1 would have it. */
function asUpgrade(
  { ':status': status = 0, ...headers }: IncomingHttpHeaders & IncomingHttpStatusHeader,
  key: string,
): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}`)
  if (status !== 200) return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('\r\n')}\r\n\r\n`
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  const upgraded = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade']
  return [...upgraded, `Sec-WebSocket-Accept: ${accept}`, ...lines, '', ''].join('\r\n')
}
