/** Frames of `anywire.v1` over an event stream, asked for by POST. */
import { createParser } from 'eventsource-parser'
import type { ServerFrame } from '../protocol/index.js'
import { authorization } from './options.js'
import type { TailReading } from './reading.js'
import { request, unreachable } from './request.js'
import { Silence } from './silence.js'

export async function* streamFrames(reading: TailReading): AsyncGenerator<ServerFrame> {
  const { url, channel, offset, signal } = reading
  const silent = new AbortController()
  const silence = new Silence(() => silent.abort(new Error('it has been silent for too long')))
  try {
    const response = await request(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...authorization(reading.token) },
      body: JSON.stringify({ subscribe: [{ channel, offset }] }),
      signal: AbortSignal.any([signal, silent.signal]),
    })
    const frames: ServerFrame[] = []
    const parser = createParser({ onEvent: ({ data }) => frames.push(JSON.parse(data) as ServerFrame) })
    const decoder = new TextDecoder()
    for await (const bytes of response.body ?? []) {
      parser.feed(decoder.decode(bytes, { stream: true }))
      silence.heard()
      for (const frame of frames.splice(0)) {
        if (frame.type === 'welcome') silence.heard(frame.heartbeatMs)
        yield frame
      }
    }
  } catch (error) {
    signal.throwIfAborted()
    throw unreachable(url, error)
  } finally {
    silence.end()
    silent.abort()
  }
}
