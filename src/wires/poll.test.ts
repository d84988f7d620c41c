/** Tests of the wires of one answer: long poll and batch. */
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { RawClient } from '../../test/support/clients/raw-client.js'
import { deferred } from '../../test/support/core/deferred.js'
import type { Wire } from '../core/wire.js'
import { AnywireError } from '../protocol/error.js'
import { message, sliceOf, wireContract } from '../testing/index.js'
import { BatchWire } from './batch.js'
import { type PollAnswer, PollWire } from './poll.js'

/** A request that waits, and the wire that is to answer it. */
async function ask<W extends Wire>(create: (response: ServerResponse, end: (body: Buffer) => void) => W) {
  const answered = deferred<W>()
  const server = createServer((_request, response) => {
    response.sendDate = false
    answered.resolve(create(response, (body) => response.end(body)))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = new RawClient(port, 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  const release = () => {
    client.socket.destroy()
    server.close()
  }
  return { client, wire: await answered.promise, release }
}

async function open(create: (response: ServerResponse, end: (body: Buffer) => void) => Wire) {
  const { client, wire, release } = await ask(create)
  return {
    wire,
    received: async (length: number) => (await client.until(({ body }) => body.length >= length)).body.toString(),
    pause: () => client.socket.pause(),
    resume: () => client.socket.resume(),
    leave: () => client.socket.destroy(),
    ended: client.ended.then(() => ({})),
    release,
  }
}

const bodyOf = (answer: PollAnswer) => (answer.kind === 'slice' ? answer.body : Buffer.alloc(0))
const pollWire = (response: ServerResponse, end: (body: Buffer) => void) =>
  new PollWire(response, (answer) => end(bodyOf(answer)))
const batchWire = (response: ServerResponse, end: (body: Buffer) => void) =>
  new BatchWire(response, 2, (parts) => end(Buffer.concat(parts.map(({ bytes }) => bytes))))
const one = { many: false, counts: false, tells: false }

wireContract('long poll', () => open(pollWire), one)
wireContract('batch', () => open(batchWire), one)

describe('PollWire', () => {
  const answers = async (act: (wire: PollWire) => void) => {
    const told: string[] = []
    const { wire, release } = await ask((response, end) => {
      return new PollWire(response, (answer) => {
        told.push(answer.kind === 'closed' ? `closed: ${answer.reason?.message}` : answer.kind)
        end(bodyOf(answer))
      })
    })
    act(wire)
    release()
    return told
  }

  it('answers once, with the first of slice, time and end', async () => {
    const slice = sliceOf('text', [message(1, 'a')])
    expect(await answers((wire) => [wire.write(Buffer.from('a'), slice), wire.close()])).toEqual(['slice'])
    expect(await answers((wire) => [wire.close(), wire.write(Buffer.from('a'), slice)])).toEqual(['closed: undefined'])
    expect(await answers((wire) => wire.close(new AnywireError('gap', 'lost')))).toEqual(['closed: lost'])
  })

  it('is closed if the client left before it was made', async () => {
    const { client, wire, release } = await ask((response) => ({ response }) as never)
    const { response } = wire as unknown as { response: ServerResponse }
    client.socket.destroy()
    await once(response, 'close')
    const late = new PollWire(response, () => undefined)
    await new Promise<void>((resolve) => {
      late.closed = resolve
    })
    expect(late.room).toBe(false)
    release()
  })
})

describe('BatchWire', () => {
  it('takes what comes in the turn of the news, slices until they are so many bytes', async () => {
    const { client, wire, release } = await ask(batchWire)
    const slice = sliceOf('text', [message(1, 'a')])
    wire.add({ bytes: Buffer.from('answers') }, false)
    expect(wire.write(Buffer.from('a'), slice)).toBe(true)
    expect(wire.write(Buffer.from('b'), slice)).toBe(false)
    wire.add({ bytes: Buffer.from('c') }, true)
    expect((await client.until(({ body }) => body.length >= 10)).body.toString()).toBe('answersabc')
    release()
  })
})
