/** A hub behind a server that for a while answers in its place, as proxies, captive portals and broken servers do. */
import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { onTestFinished } from 'vitest'
import { createHub, type Hub } from '../../src/index.js'
import { listen } from '../support/hub-server.js'
import { createTestServer } from '../support/transport.js'

/** What comes in the place of the hub's answer. */
export type Strange = (request: IncomingMessage, response: ServerResponse) => void
/** What a WebSocket meets, whose handshake was accepted: the frames that are sent. */
export type Frames = readonly Buffer[]

const json = 'application/json'
const html = 'text/html'
const page = '<html>Sign in</html>'
const foreign = '{"error":{"code":"forbidden","message":"WAF"}}'

const answer =
  (status: number, type: string, body = '', headers: Record<string, string> = {}): Strange =>
  (_, response) =>
    void response.writeHead(status, { ...(type && { 'content-type': type }), ...headers }).end(body)

const statuses = [400, 401, 403, 404, 405, 410, 413, 421, 429, 500, 502, 503]

export const strangeAnswers: Readonly<Record<string, Strange>> = {
  ...Object.fromEntries(statuses.map((status) => [`${status} HTML`, answer(status, html, page)])),
  ...Object.fromEntries(statuses.map((status) => [`${status} foreign JSON`, answer(status, json, foreign)])),
  '200 HTML': answer(200, html, page),
  '200 other JSON': answer(200, json, '{"ok":true}'),
  '200 empty array': answer(200, json, '[]'),
  '200 odd array': answer(200, json, '[null,1,{"type":"messages"},{"type":"welcome"}]'),
  '200 empty body': answer(200, json),
  '200 cut body': answer(200, json, '[{"type":"welc'),
  '200 empty stream': answer(200, 'text/event-stream'),
  '200 garbage stream': answer(200, 'text/event-stream', 'data: {broken\n\n'),
  '200 odd stream': answer(200, 'text/event-stream', 'data: null\n\ndata: {"type":"messages","channel":"n"}\n\n'),
  '204': answer(204, ''),
  '302 to a page': answer(302, '', '', { location: '/sign-in' }),
  '307 to itself': (request, response) => void response.writeHead(307, { location: request.url! }).end(),
  '429 for an hour': answer(429, html, page, { 'retry-after': '0.2' }),
  '503 until a date': answer(503, html, page, { 'retry-after': new Date(Date.now() + 1_000).toUTCString() }),
  'our JSON: draining': answer(503, json, '{"anywire":1,"error":{"code":"draining","message":"x","retryMs":50}}'),
  'our JSON: internal': answer(500, json, '{"anywire":1,"error":{"code":"internal","message":"x"}}'),
  'our JSON: unauthorized': answer(401, json, '{"anywire":1,"error":{"code":"unauthorized","message":"x"}}'),
  'our JSON: too large': answer(413, json, '{"anywire":1,"error":{"code":"too-large","message":"x"}}'),
  'a closed socket': (request) => void request.socket.destroy(),
  'a cut answer': (_, response) => {
    response.writeHead(200, { 'content-type': json, 'content-length': '100' })
    response.write('[')
    setTimeout(() => response.destroy(), 10)
  },
}

function frame(opcode: number, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x80 | opcode, payload.length]), payload])
}
const text = (payload: string) => frame(1, Buffer.from(payload))
function close(code: number): Frames {
  const payload = Buffer.alloc(2)
  payload.writeUInt16BE(code)
  return [frame(8, payload)]
}

export const strangeSockets: Readonly<Record<string, Frames>> = {
  ...Object.fromEntries(
    [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011, 1012, 1013, 4401, 4413, 4429, 4500, 4503].map((code) => [
      `close ${code}`,
      close(code),
    ]),
  ),
  'no JSON': [text('hello'), ...close(1000)],
  'odd JSON': [text('null'), text('1'), text('{"type":"messages","channel":"n"}')],
  'a pong without a welcome': [text('{"type":"pong","time":1}')],
  binary: [frame(2, Buffer.from([1, 2, 3]))],
  'a broken frame': [Buffer.from([0xff, 0xff, 0xff, 0xff])],
}

export interface StrangeServer {
  readonly hub: Hub
  readonly url: string
  /** Requests that a stranger has answered. */
  readonly answered: number
  /** From now on strangers answer; every connection is cut. */
  sicken(http: Strange, socket?: Frames): void
  recover(): void
}

export async function serveStrange(): Promise<StrangeServer> {
  const hub = createHub()
  const server = createTestServer()
  let strange: { readonly http: Strange; readonly socket: Frames | undefined } | undefined
  let answered = 0
  const sockets = new Set<Duplex>()
  server.on('request', (request, response) => {
    if (!strange) return void hub.handle(request, response)
    answered++
    strange.http(request, response)
  })
  server.on('upgrade', (request, socket, head) => {
    if (!strange) return void hub.upgrade(request, socket, head)
    answered++
    sockets.add(socket)
    socket.on('error', () => undefined)
    accept(request, socket, strange.socket)
  })
  const origin = await listen(server)
  onTestFinished(() => hub.close({ graceMs: 1 }))
  return {
    hub,
    url: `${origin}/channels`,
    get answered() {
      return answered
    },
    sicken(http, socket) {
      strange = { http, socket }
      answered = 0
      hub.disconnect({})
      server.closeAllConnections()
    },
    recover() {
      strange = undefined
      for (const socket of sockets) socket.destroy()
      server.closeAllConnections()
    },
  }
}

function accept(request: IncomingMessage, socket: Duplex, frames: Frames | undefined): void {
  if (!frames) return void socket.end('HTTP/1.1 502 Bad Gateway\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
  const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
  socket.write(
    [
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Protocol: anywire.v1',
      `Sec-WebSocket-Accept: ${createHash('sha1').update(key).digest('base64')}`,
      '\r\n',
    ].join('\r\n'),
  )
  for (const bytes of frames) socket.write(bytes)
}
