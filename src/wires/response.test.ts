/** Tests of the event stream's wire: on a plain response, behind a compression, and after the client has left. */
import { once } from 'node:events'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import compression from 'compression'
import express from 'express'
import { describe, expect, it } from 'vitest'
import { RawClient } from '../../test/support/clients/raw-client.js'
import { deferred } from '../../test/support/core/deferred.js'
import type { WireUnderTest } from '../testing/index.js'
import { wireContract } from '../testing/index.js'
import { ResponseWire } from './response.js'

/** What `listener` makes of the request answered with `head`, and the client who asked. */
async function ask(around: (answer: RequestListener) => RequestListener, head: Record<string, string>, accept = '') {
  const answered = deferred<ServerResponse>()
  const server = createServer(
    around((_request, response) => {
      response.useChunkedEncodingByDefault = false
      response.writeHead(200, { 'Content-Type': 'text/event-stream', Connection: 'close', ...head })
      response.flushHeaders()
      answered.resolve(response)
    }),
  ).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = new RawClient(port, `GET / HTTP/1.1\r\nHost: localhost\r\n${accept}\r\n`)
  const response = await answered.promise
  const release = () => {
    client.socket.destroy()
    server.close()
  }
  return { client, response, release }
}

async function open(around: (answer: RequestListener) => RequestListener): Promise<WireUnderTest> {
  const { client, response, release } = await ask(around, { 'Cache-Control': 'no-cache, no-transform' })
  return {
    wire: new ResponseWire(response, 30_000),
    received: async (length) => (await client.until(({ body }) => body.length >= length)).body.toString(),
    pause: () => client.socket.pause(),
    resume: () => client.socket.resume(),
    leave: () => client.socket.destroy(),
    say: () => client.socket.write('\r\n'),
    ended: client.ended.then(() => ({})),
    release,
  }
}

const compressed = (answer: RequestListener): RequestListener => express().use(compression({ threshold: 0 }), answer)

wireContract('event stream', () => open((answer) => answer), { tells: false })
wireContract('event stream behind compression that leaves it alone', () => open(compressed), { tells: false })

describe('ResponseWire', () => {
  it('waits for what stands between it and the socket', async () => {
    const { client, response, release } = await ask(compressed, {}, 'Accept-Encoding: gzip\r\n')
    const wire = new ResponseWire(response, 30_000)
    const drained = new Promise<void>((resolve) => {
      wire.drained = resolve
    })
    const bytes = Buffer.alloc(1_000_000, 'x')
    expect(wire.write(bytes)).toBe(false)
    await drained
    wire.close()
    await client.ended
    expect(gunzipSync(client.body).length).toBe(bytes.length)
    release()
  })

  it('is closed if the client left before it was made', async () => {
    const { client, response, release } = await ask((answer) => answer, {})
    client.socket.destroy()
    await once(response, 'close')
    const wire = new ResponseWire(response, 30_000)
    await new Promise<void>((resolve) => {
      wire.closed = resolve
    })
    expect(wire.room).toBe(false)
    release()
  })
})
