/** A TCP proxy between readers and a server: cuts a connection after so many bytes of the answer, and may hold the bytes for a while. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** What becomes of one connection. */
export interface Fate {
  /** Bytes from the server that get through; then both sides are cut. */
  readonly bytes: number
  /** How long nothing is read from the server after its first bytes. */
  readonly holdMs: number
  /** After so long both sides are cut. */
  readonly lifeMs: number
}

/** Listens until the test is over, and answers its port. `fate` is asked for each connection, and shown how its first request begins. */
export async function cuttingProxy(port: number, fate: (request: string) => Fate): Promise<number> {
  const sockets = new Set<Socket>()
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => sockets.delete(socket))
    return socket
  }
  const proxy = createServer((client) => {
    const server = connect(port, '127.0.0.1')
    for (const socket of [client, server]) keep(socket)
    client.once('data', (chunk: Buffer) => {
      pass(server, client, fate(chunk.toString('latin1')))
      server.write(chunk)
      client.pipe(server)
    })
    client.once('close', () => server.destroy())
    server.once('close', () => client.end())
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  onTestFinished(() => {
    proxy.close()
    for (const socket of sockets) socket.destroy()
  })
  return (proxy.address() as AddressInfo).port
}

function pass(server: Socket, client: Socket, { bytes, holdMs, lifeMs }: Fate): void {
  const timer = setTimeout(() => {
    client.end()
    server.destroy()
  }, lifeMs)
  server.once('close', () => clearTimeout(timer))
  let left = bytes
  let held = holdMs === 0
  server.on('data', (chunk: Buffer) => {
    const through = chunk.subarray(0, left)
    left -= through.length
    if (left <= 0) {
      // What was let through is to arrive, or each place of the cut would look like the one before it.
      client.end(through)
      server.destroy()
      return
    }
    if (!client.write(through)) {
      server.pause()
      client.once('drain', () => server.resume())
    }
    if (held) return
    held = true
    server.pause()
    setTimeout(() => server.resume(), holdMs)
  })
  server.once('end', () => client.end())
}
