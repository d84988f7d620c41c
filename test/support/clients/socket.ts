/** A WebSocket client that keeps what it gets, for plain WebSocket and `anywire.v1`. */
import { once } from 'node:events'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Socket as NetSocket } from 'node:net'
import { onTestFinished } from 'vitest'
import { type ClientOptions, type PerMessageDeflateOptions, WebSocket } from 'ws'
import { spoken } from '../transport.js'
import { ConnectSocket } from './http2-client.js'
import { Inbox } from './inbox.js'

export interface Closed {
  readonly code: number
  readonly reason: string
}

export interface SocketOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly protocols?: readonly string[]
  readonly origin?: string
  /** Offer permessage-deflate. @default false */
  readonly deflate?: boolean | PerMessageDeflateOptions
}

/** One frame: text as a string, binary as bytes. */
export type Received = string | Buffer

export class Socket {
  readonly webSocket: WebSocket
  /** Resolves when the connection is over. */
  readonly closed: Promise<Closed>
  readonly #received = new Inbox<Received>()

  constructor(webSocket: WebSocket) {
    this.webSocket = webSocket
    webSocket.on('message', (data: Buffer, isBinary) => this.#received.put(isBinary ? data : data.toString()))
    webSocket.on('error', () => undefined)
    this.closed = new Promise((resolve) => {
      webSocket.once('close', (code, reason) => {
        this.#received.end(`The WebSocket was closed with ${code} ${reason}`)
        resolve({ code, reason: String(reason) })
      })
    })
  }

  get protocol(): string {
    return this.webSocket.protocol
  }

  /** Frames that nobody has looked at. */
  get waiting(): number {
    return this.#received.length
  }

  send(data: string | Uint8Array): void {
    this.webSocket.send(data)
  }

  /** Sends a frame of `anywire.v1`. */
  say(frame: unknown): void {
    this.webSocket.send(JSON.stringify(frame))
  }

  next(): Promise<Received> {
    return this.#received.take()
  }

  async take(count: number): Promise<Received[]> {
    const frames: Received[] = []
    while (frames.length < count) frames.push(await this.next())
    return frames
  }

  /** The next frame of `anywire.v1` of a type; others stay. */
  async frame<T = Record<string, unknown>>(type: string): Promise<T> {
    const fits = (one: Received) => typeof one === 'string' && JSON.parse(one).type === type
    return JSON.parse(String(await this.#received.take(fits)))
  }

  /** All frames of `anywire.v1` that are here. */
  frames(): Record<string, unknown>[] {
    return this.#received.all().map((one) => JSON.parse(String(one)))
  }

  close(): void {
    this.webSocket.close()
  }
}

/** Opens a WebSocket; rejects if it is refused. */
export async function connect(url: string, options: SocketOptions = {}): Promise<Socket> {
  const webSocket = client(url, options)
  const socket = new Socket(webSocket)
  await once(webSocket, 'open')
  return socket
}

/** The same with the subprotocol `anywire.v1`, after its `welcome`. */
export async function session(url: string, options: SocketOptions = {}): Promise<Socket> {
  const socket = await connect(url, { ...options, protocols: ['anywire.v1', ...(options.protocols ?? [])] })
  await socket.frame('welcome')
  return socket
}

export interface Refusal {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly code: string
  /** What the body says beside the error: 1 in every answer of ours. */
  readonly ours: number | undefined
}

interface Body {
  readonly error: { readonly code: string }
  readonly anywire?: number
}

/** Opens a WebSocket that must be refused, and answers how. */
export async function refusal(url: string, options: SocketOptions = {}): Promise<Refusal> {
  const webSocket = client(url, options)
  webSocket.on('error', () => undefined)
  const [, response] = (await once(webSocket, 'unexpected-response')) as [unknown, IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  const { error, anywire } = JSON.parse(Buffer.concat(chunks).toString()) as Body
  return { status: response.statusCode!, headers: response.headers, code: error.code, ours: anywire }
}

function client(url: string, { headers = {}, protocols = [], origin, deflate = false }: SocketOptions): WebSocket {
  const options: ClientOptions = {
    headers,
    perMessageDeflate: deflate,
    ...(origin !== undefined && { origin }),
    ...(spoken() !== 'http/1.1' && { createConnection: () => new ConnectSocket(url) as unknown as NetSocket }),
  }
  const webSocket = new WebSocket(url, [...protocols], options)
  onTestFinished(() => webSocket.terminate())
  return webSocket
}

/** The socket below a client: to write what no client would, or to read as slowly as none does. */
export function rawSocket({ webSocket }: Socket): NetSocket {
  return (webSocket as unknown as { readonly _socket: NetSocket })._socket
}
