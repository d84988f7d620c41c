/** Streams of the admin API whose reader takes nothing. */
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createHub } from '../../index.js'
import { Streams } from './stream.js'

/** A stream that one connection has asked for, and does not read. */
async function unread(stallMs: number) {
  const hub = createHub({ statistics: true })
  onTestFinished(() => hub.close({ graceMs: 0 }))
  const streams = new Streams(hub, stallMs)
  let response: ServerResponse | undefined
  const server = createServer((_request, answer) => {
    response = answer
    // What the kernel takes must not hide that nobody reads.
    const write = answer.write.bind(answer)
    answer.write = (piece: unknown) => {
      write(piece)
      return false
    }
    streams.start(answer, new URLSearchParams([['channel', '$stats']]))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
  onTestFinished(() => {
    socket.destroy()
    server.close()
  })
  await expect.poll(() => streams.open).toBe(1)
  return { streams, socket, response: () => response }
}

describe('a stream whose reader takes nothing', () => {
  it('is let go after the time for it, and leaves room for another', async () => {
    const { streams, response } = await unread(500)
    await expect.poll(() => streams.open).toBe(0)
    expect(response()?.destroyed).toBe(true)
  })

  it('leaves nothing behind when its reader goes before that', async () => {
    const { streams, socket, response } = await unread(3_600_000)
    await expect.poll(() => response()?.listenerCount('drain')).toBe(1)
    socket.destroy()
    await expect.poll(() => streams.open).toBe(0)
    await expect.poll(() => response()?.listenerCount('drain')).toBe(0)
  })
})
