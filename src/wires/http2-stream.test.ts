/** Tests of the wires over HTTP/2: the event stream's, and the WebSocket's on a stream. */
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { type ClientHttp2Stream, connect, createServer, type Http2ServerResponse } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { type WireUnderTest, wireContract } from '../testing/index.js'
import { Http2StreamWire } from './http2-stream.js'
import { responseWire } from './response.js'

/** A response whose head has been written, and the stream at its client. */
async function open() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  session.on('error', () => undefined)
  const stream = session.request({ ':path': '/' })
  stream.on('error', () => undefined)
  const [, response] = (await once(server, 'request')) as [unknown, Http2ServerResponse]
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const release = () => {
    session.destroy()
    server.close()
  }
  return { response: response as unknown as ServerResponse, stream, session, release }
}

function readerOf(stream: ClientHttp2Stream) {
  let text = ''
  stream.on('data', (chunk: Buffer) => {
    text += chunk
  })
  return async (length: number) => {
    while (text.length < length) await once(stream, 'data')
    return text
  }
}

wireContract(
  'event stream over HTTP/2',
  async (): Promise<WireUnderTest> => {
    const { response, stream, release } = await open()
    return {
      wire: responseWire(response, 30_000),
      received: readerOf(stream),
      pause: () => stream.pause(),
      resume: () => stream.resume(),
      leave: () => stream.close(8),
      ended: once(stream, 'close').then(() => ({})),
      release,
    }
  },
  { tells: false },
)

it('streams of one session do not wait for one that is full', async () => {
  const { response, stream, session, release } = await open()
  const full = responseWire(response, 30_000)
  expect(full).toBeInstanceOf(Http2StreamWire)
  stream.pause()
  while (full.write(Buffer.alloc(65_536)));
  expect(full.room).toBe(false)
  const ping = new Promise((resolve) => session.ping((_error, ms) => resolve(ms)))
  expect(await ping).toBeGreaterThan(0)
  release()
})
