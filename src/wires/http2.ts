/** What answers over HTTP/2 need besides: their stream, bodies in pieces, and an end for stalled clients. */
import type { ServerResponse } from 'node:http'
import { constants, Http2ServerResponse, type Http2Session, type ServerHttp2Stream } from 'node:http2'
import { Socket } from 'node:net'

/**
 * A piece is handed over when the one before it has left: what has left is what shows that a client takes something.
 */
const pieceBytes = 65_536
/** A reset that has not left after so long never will: nothing is taken of the whole session. */
const stuckMs = 2_000
/** How long the end of an answer may need to leave until it is looked at again. */
const letGoMs = 20

/** The stream of a response of HTTP/2; undefined for one of HTTP/1.1. */
export function streamOf(response: ServerResponse): ServerHttp2Stream | undefined {
  return response instanceof Http2ServerResponse ? response.stream : undefined
}

/** Node waits for what is written to leave a stream that its client has reset with NO_ERROR, and nothing ever does. */
export function destroyOnReset(stream: ServerHttp2Stream): void {
  stream.once('aborted', () => process.nextTick(() => stream.destroy()))
}

/**
 * What an answer is written to: the stream itself, unless somebody (a compression middleware) has wrapped the response.
 */
export function outOf(response: ServerResponse, stream: ServerHttp2Stream): ServerHttp2Stream {
  const { write, end } = Http2ServerResponse.prototype as unknown as ServerResponse
  // Of a stream it has `write`, `end` and 'drain', which is all that is used.
  return response.write === write && response.end === end ? stream : (response as unknown as ServerHttp2Stream)
}

/**
 * Ends an answer whose head has been written; its stream is reset if for `stallMs` no piece of the body is taken: the
 * window of a stream is the client's to open. `out` is the stream, or what somebody has put before it.
 */
export function endStream(
  out: Pick<ServerHttp2Stream, 'write' | 'end'>,
  stream: ServerHttp2Stream,
  body: Uint8Array | undefined,
  stallMs: number,
): void {
  if (stream.destroyed) return
  if (!stream.endAfterHeaders) stream.once('finish', () => letGo(stream))
  const late = setTimeout(() => abandon(stream), stallMs)
  late.unref()
  stream.once('close', () => clearTimeout(late))
  if (body === undefined || body.length <= pieceBytes) return void out.end(body)
  let from = 0
  const next = (failed?: Error | null): void => {
    if (failed || stream.destroyed) return
    late.refresh()
    const piece = body.subarray(from, from + pieceBytes)
    from += pieceBytes
    if (from >= body.length) out.end(piece)
    else out.write(piece, next)
  }
  next()
}

/**
 * A client need not have ended its request; what would still come of it is not waited for [RFC 9113 §8.1]. A reset
 * before the end of the answer has left would make the answer void.
 */
function letGo(stream: ServerHttp2Stream): void {
  if (stream.destroyed || stream.readableEnded) return
  const { state } = stream.state
  if (state === constants.NGHTTP2_STREAM_STATE_HALF_CLOSED_LOCAL) stream.close()
  else if (state === constants.NGHTTP2_STREAM_STATE_OPEN) setTimeout(() => letGo(stream), letGoMs).unref()
}

const watched = new WeakSet<Http2Session>()

/**
 * Resets a stream whose client takes nothing. If not even the reset leaves, the session is destroyed. Not in this turn:
 * Node 22 ends the process where a stream is reset and destroyed before its head has left.
 */
export function abandon(stream: ServerHttp2Stream): void {
  setImmediate(() => reset(stream))
}

function reset(stream: ServerHttp2Stream): void {
  const { session } = stream
  if (stream.closed || !session || session.destroyed) return void stream.destroy()
  const before = session.socket.bytesWritten
  stream.close(constants.NGHTTP2_CANCEL)
  stream.destroy()
  if (watched.has(session)) return
  watched.add(session)
  const look = setTimeout(() => {
    watched.delete(session)
    if (!session.destroyed && session.socket.bytesWritten === before) destroyStuck(session)
  }, stuckMs)
  look.unref()
}

/**
 * A session that is destroyed waits for its last frame to leave before it lets go of its socket. What it shows as its
 * socket stands in for that one.
 */
function destroyStuck(session: Http2Session): void {
  const socket = session.socket.valueOf()
  session.destroy()
  if (socket instanceof Socket) socket.destroy()
}
