/** One port without TLS for HTTP/1.1 and HTTP/2: without ALPN the first bytes of a connection tell which it is. */
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createHttp2Server, type Http2Server } from 'node:http2'
import type { Socket } from 'node:net'
import { http2Options } from '../index.js'

/**
 * How a client of HTTP/2 begins that knows it will be understood. No method of HTTP/1.1 is called so [RFC 9113 §3.4].
 */
const preface = Buffer.from('PRI ')

/** `server` is the one that listens; both answer. */
export function createPlainPort(respond: RequestListener): { server: Server; http2: Http2Server } {
  const server = createServer(respond)
  const http2 = createHttp2Server(http2Options(), respond as never)
  const http1 = server.listeners('connection')
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) =>
    look(socket, server.headersTimeout, (isHttp2) => {
      // HTTP/2 reads by itself what is there already.
      if (isHttp2) return void http2.emit('connection', socket)
      for (const listener of http1) listener.call(server, socket)
      socket.resume()
    }),
  )
  return { server, http2 }
}

/** Says by what a socket says first, and leaves that in it. Who says nothing for `waitMs` is let go of. */
function look(socket: Socket, waitMs: number, said: (isHttp2: boolean) => void): void {
  let head = Buffer.alloc(0)
  const drop = () => socket.destroy()
  const take = (chunk: Buffer) => {
    head = Buffer.concat([head, chunk])
    const known = Math.min(head.length, preface.length)
    const fits = head.subarray(0, known).equals(preface.subarray(0, known))
    if (fits && known < preface.length) return
    socket.off('data', take).off('end', drop).off('error', drop).off('timeout', drop).setTimeout(0)
    socket.pause()
    socket.unshift(head)
    said(fits)
  }
  socket.on('data', take).on('end', drop).on('error', drop).on('timeout', drop).setTimeout(waitMs)
}
