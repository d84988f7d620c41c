/** Frames of `anywire.v1` over a WebSocket. */
import { on } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import WebSocket from 'ws'
import { AnywireError, type ErrorCode, meanings, type ServerFrame } from '../protocol/index.js'
import { authorization } from './options.js'
import type { TailReading } from './reading.js'
import { refusal, unreachable } from './request.js'
import { Silence } from './silence.js'

export async function* socketFrames(reading: TailReading): AsyncGenerator<ServerFrame> {
  const { url, channel, offset, signal } = reading
  const socket = new WebSocket(url.href.replace(/^http/, 'ws'), 'anywire.v1', {
    headers: authorization(reading.token),
    perMessageDeflate: false,
    maxPayload: 256 * 1024 * 1024,
  })
  const silence = new Silence(() => socket.terminate())
  const ended = endOf(socket, url)
  socket.on('open', () => socket.send(JSON.stringify({ type: 'subscribe', subscriptions: [{ channel, offset }] })))
  socket.on('ping', () => silence.heard())
  try {
    // `ws` can pause: a line that is not taken holds up the server, not our memory.
    const frames = on(socket, 'message', { signal, close: ['close'], highWaterMark: 64, lowWaterMark: 16 })
    for await (const [data] of frames) {
      const frame = JSON.parse(String(data)) as ServerFrame
      silence.heard(frame.type === 'welcome' ? frame.heartbeatMs : undefined)
      yield frame
    }
    throw await ended
  } catch (error) {
    signal.throwIfAborted()
    throw error instanceof AnywireError ? error : await ended
  } finally {
    silence.end()
    socket.terminate()
  }
}

/** Why the socket ended, as soon as it has. */
function endOf(socket: WebSocket, url: URL): Promise<AnywireError> {
  return new Promise((done) => {
    let error: AnywireError | undefined
    socket.on('unexpected-response', async (request, response: IncomingMessage) => {
      error = refusal(url, response.statusCode ?? 0, await text(response), response.headers['retry-after'])
      request.destroy()
      socket.emit('error', error)
      done(error)
    })
    socket.on('error', (cause) => {
      error ??= unreachable(url, cause)
      done(error)
    })
    socket.on('close', (code, reason) => done(error ?? closeError(code, String(reason), url)))
  })
}

function closeError(code: number, reason: string, url: URL): AnywireError {
  const known = (Object.keys(meanings) as ErrorCode[]).find((name) => code >= 4000 && meanings[name].close === code)
  return new AnywireError(known ?? 'timeout', reason || `${url.origin} closed the connection (${code}).`)
}
