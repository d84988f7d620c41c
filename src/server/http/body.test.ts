/** Tests of reading bodies, over real sockets. */
import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { PassThrough } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import { endWithin } from '../../wires/ending.js'
import { BodyTimes } from '../door/body-times.js'
import { Receiving } from '../door/receiving.js'
import { type BodyLimits, type BodyRequest, readBody as read } from './body.js'
import { errorResponse } from './headers.js'

const receiving = new Receiving({ receivingBytes: 1_000_000, receivingBytesPerAddress: 300_000 })
const times = new BodyTimes({ bodyIdleMs: 10_000, bodyMs: 10_000 })
const readBody = (request: BodyRequest, maxBytes: number, more: Partial<BodyLimits> = {}) =>
  read(request, { maxBytes, times, receipt: receiving.of('a'), ...more })

const undo: (() => void)[] = []
afterEach(() => {
  for (const one of undo.splice(0)) one()
})

/** A server that answers with the length of the body, or the error. */
async function serve(maxBytes = 100_000) {
  const outcomes: unknown[] = []
  const server = createServer(async (request, response) => {
    try {
      const body = await readBody(request, maxBytes)
      outcomes.push(body)
      response.end(String(body.length))
    } catch (error) {
      outcomes.push(error)
      const { status, headers, body } = errorResponse(error)
      response.writeHead(status, headers)
      endWithin(response, body, 30_000)
    }
    server.emit('outcome')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  undo.push(() => server.close().closeAllConnections())
  return { server, port: (server.address() as AddressInfo).port, outcomes }
}

async function post(port: number, chunks: Buffer[], headers: Record<string, string> = {}) {
  const request = httpRequest({ port, method: 'POST', headers })
  for (const chunk of chunks) request.write(chunk)
  request.end()
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of response) text += String(chunk)
  return { status: response.statusCode, text }
}

const kilobytes = (count: number) => Buffer.alloc(count * 1_000, 'x')

describe('body', () => {
  it('is read whole', async () => {
    const { port } = await serve()
    expect(await post(port, [kilobytes(40), kilobytes(40)])).toEqual({ status: 200, text: '80000' })
    expect(await post(port, [])).toEqual({ status: 200, text: '0' })
  })

  it('is not copied if it came in one chunk', async () => {
    const chunk = Buffer.from('hello')
    const request = Object.assign(new PassThrough(), { headers: {} })
    request.end(chunk)
    expect((await readBody(request, 10)).buffer).toBe(chunk.buffer)
  })

  it('over the limit is refused by its Content-Length, and the client reads the answer', async () => {
    const { port } = await serve(1_000)
    const answer = await post(port, [kilobytes(900)], { 'content-length': '900000' })
    expect(answer.status).toBe(413)
    expect(answer.text).toContain('too-large')
  })

  it('over the limit is refused while it comes, and the client reads the answer', async () => {
    const { port } = await serve(1_000)
    const answer = await post(
      port,
      Array.from({ length: 9 }, () => kilobytes(100)),
    )
    expect(answer.status).toBe(413)
  })

  it('at the limit is read', async () => {
    const { port } = await serve(1_000)
    expect(await post(port, [kilobytes(1)])).toEqual({ status: 200, text: '1000' })
  })

  it('that never ends is cut off', async () => {
    const { port } = await serve(1_000)
    const socket = connect(port, '127.0.0.1')
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.on('error', () => undefined).resume()
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n')
    const chunk = Buffer.concat([Buffer.from('186a0\r\n'), kilobytes(100), Buffer.from('\r\n')])
    const feed = () => {
      while (!socket.destroyed && socket.write(chunk));
    }
    socket.on('drain', feed)
    feed()
    await closed
    expect(socket.bytesWritten).toBeGreaterThan(1_000_000)
  })

  it('that is broken off is a bad request', async () => {
    const { server, port, outcomes } = await serve()
    const outcome = once(server, 'outcome')
    const socket = connect(port, '127.0.0.1')
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf')
    await once(server, 'request')
    socket.destroy()
    await outcome
    expect(outcomes).toMatchObject([{ code: 'bad-request' }])
  })

  it('with a Content-Encoding is a bad request', async () => {
    const { port } = await serve()
    const answer = await post(port, [kilobytes(1)], { 'content-encoding': 'gzip' })
    expect(answer.status).toBe(400)
    expect(answer.text).toContain('without Content-Encoding')
    expect((await post(port, [], { 'content-encoding': 'identity' })).status).toBe(200)
  })

  it('that a body parser has read already is refused, not waited for', async () => {
    const request = Object.assign(new PassThrough(), { headers: {} })
    request.end('x')
    await request.resume().toArray()
    await expect(readBody(request, 10)).rejects.toThrow('before any body parser')
  })
})
