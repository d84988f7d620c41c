/** Frames of `anywire.v1` in batches, each asked for by a POST that waits until there is something. */
import type { ServerFrame } from '../protocol/index.js'
import { authorization } from './options.js'
import type { TailReading } from './reading.js'
import { request, unreachable } from './request.js'

/** How long an answer may take, which the server gives after 15 s at the latest unless it was told otherwise. */
const answerMs = 60_000

export async function* pollFrames(reading: TailReading): AsyncGenerator<ServerFrame> {
  const { url, channel, signal } = reading
  while (true) {
    let frames: ServerFrame[]
    try {
      const response = await request(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json', ...authorization(reading.token) },
        body: JSON.stringify({ subscribe: [{ channel, offset: reading.offset }] }),
        signal: AbortSignal.any([signal, AbortSignal.timeout(answerMs)]),
      })
      frames = (await response.json()) as ServerFrame[]
    } catch (error) {
      signal.throwIfAborted()
      throw unreachable(url, error)
    }
    // The reader moves `reading.offset` as it takes each frame.
    yield* frames
  }
}
