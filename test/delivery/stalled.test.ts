/** Promise 6: an answer that nobody takes, or that has not begun, does not hold its socket or its reading. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { serveHub } from '../support/hub-server.js'

/** Reads nothing of what it asks for, as often as asked, and resolves when the server has had enough. */
async function askAndTakeNothing(port: number, path: string, times: number): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  socket.pause()
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`.repeat(times))
  await once(socket, 'close').catch(() => undefined)
}

describe('readings asked for behind another answer of one connection', () => {
  it('end with it, though theirs has not begun', async () => {
    const { hub, port } = await serveHub()
    const socket = connect(port, '127.0.0.1')
    const ask = (below: string) =>
      `GET /channels/${below} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n`
    socket.write(ask('a') + ask('b') + ask('c?live=poll'))
    await expect.poll(() => hub.stats().connections, { timeout: 10_000 }).toBe(1)
    socket.destroy()
    await expect.poll(() => hub.stats(), { timeout: 10_000 }).toMatchObject({ connections: 0, subscriptions: 0 })
  })
})

describe('a client that takes nothing', () => {
  it.each(['pages', 'long polls'])('of %s it asked for loses its socket after stallMs', async (what) => {
    const limits = { stallMs: 300, pageBytes: 1_000_000, sliceBytes: 1_000_000 }
    const { hub, server, port } = await serveHub({ limits })
    await hub.publish('n', 'x'.repeat(900_000))
    const live = what === 'pages' ? '' : '&live=long-poll'
    const closed = new Promise((resolve) => server.on('connection', (socket) => socket.on('close', resolve)))
    void askAndTakeNothing(port, `/channels/n?offset=-1${live}`, 40)
    await closed
    expect(hub.stats().connections).toBe(0)
  })
})
