/** Tests of the wire whose bytes are one gzip stream, on a real response with a client that inflates. */
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createGunzip } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { RawClient } from '../../test/support/clients/raw-client.js'
import { deferred } from '../../test/support/core/deferred.js'
import { MemoryWire } from '../../test/support/core/memory-wire.js'
import { message, sliceOf } from '../testing/framing-vectors.js'
import type { WireUnderTest } from '../testing/index.js'
import { wireContract } from '../testing/index.js'
import { Compressor } from './compressor.js'
import { gzipHead } from './gzip.js'
import { GzipWire } from './gzip-wire.js'
import { ResponseWire } from './response.js'

/** The contract fills the network with text that would get so small that nothing is ever full. */
const nothing = new Compressor(() => undefined)
const everything = new Compressor(() => ({ minBytes: 0, level: 3 }))

async function open(): Promise<WireUnderTest> {
  const answered = deferred<ServerResponse>()
  const server = createServer((_request, response) => {
    response.useChunkedEncodingByDefault = false
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Content-Encoding': 'gzip', Connection: 'close' })
    response.flushHeaders()
    answered.resolve(response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = new RawClient((server.address() as AddressInfo).port, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
  const response = await answered.promise
  const reader = new Inflated(client)
  return {
    wire: new GzipWire(new ResponseWire(response, 30_000), nothing),
    received: (length) => reader.until(length),
    pause: () => client.socket.pause(),
    resume: () => client.socket.resume(),
    leave: () => client.socket.destroy(),
    say: () => client.socket.write('\r\n'),
    ended: client.ended.then(() => ({})),
    release() {
      client.socket.destroy()
      server.close()
    },
  }
}

/** The body of a client's answer, inflated as it comes. */
class Inflated {
  readonly #gunzip = createGunzip()
  readonly #client: RawClient
  #taken = 0
  #text = ''

  constructor(client: RawClient) {
    this.#client = client
    this.#gunzip.on('data', (chunk: Buffer) => {
      this.#text += chunk
    })
  }

  async until(length: number): Promise<string> {
    while (this.#text.length < length) {
      await this.#client.until(({ body }) => body.length > this.#taken)
      const more = this.#client.body.subarray(this.#taken)
      this.#taken += more.length
      await new Promise<void>((done) => this.#gunzip.write(more, () => done()))
    }
    return this.#text
  }
}

wireContract('gzip', open, { tells: false })

describe('GzipWire', () => {
  const slice = sliceOf('text', [message(1, 'a')])

  it('begins with the head, and puts what is no slice in as it is', () => {
    const inner = new MemoryWire()
    new GzipWire(inner, everything).write(Buffer.from(':\n\n'))
    expect(inner.writes).toEqual([gzipHead, Buffer.from([0, 3, 0, 0xfc, 0xff, 0x3a, 10, 10])])
  })

  it('writes the very bytes that others write for a slice', () => {
    const bytes = Buffer.from('data: 1\n\n'.repeat(100))
    const wires = Array.from({ length: 10 }, () => new MemoryWire())
    for (const inner of wires) new GzipWire(inner, everything).write(bytes, slice)
    const written = wires.map(({ writes }) => writes.at(-1)!)
    expect(new Set(written.map(({ buffer, byteOffset }) => `${byteOffset} ${buffer.byteLength}`)).size).toBe(1)
    expect(everything.count).toBe(1)
  })

  it('writes nothing more when it has ended', () => {
    const inner = new MemoryWire()
    const wire = new GzipWire(inner, everything)
    wire.close()
    const { length } = inner.writes
    wire.close()
    expect([wire.write(Buffer.from('late')), inner.writes.length]).toEqual([false, length])
  })
})
