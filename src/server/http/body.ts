/** Reads a request's body, within a limit. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import { AnywireError } from '../../protocol/error.js'
import type { BodyTimes } from '../door/body-times.js'
import type { Receipt } from '../door/receiving.js'

export type BodyRequest = Readable & { readonly headers: IncomingHttpHeaders; readonly aborted?: boolean }

export interface BodyLimits {
  readonly maxBytes: number
  readonly times: BodyTimes
  /** Counts what is held until it is whole. */
  readonly receipt: Receipt
}

/**
 * The body as one Buffer; not copied if it came in one chunk. The rest of a refused body is dropped by the answer.
 * @throws AnywireError `too-large` beyond `maxBytes`, `bad-request` for an encoded or broken off body, `timeout` for
 * one that takes too long, `too-many` where there is no room for more.
 */
export function readBody(request: BodyRequest, limits: BodyLimits): Promise<Buffer> {
  const refusal = check(request, limits.maxBytes)
  return refusal ? Promise.reject(refusal) : collect(request, limits)
}

function check(request: BodyRequest, maxBytes: number): AnywireError | undefined {
  const { headers } = request
  if (request.readableEnded) {
    const sentence = 'The body was read before Anywire saw the request: mount Anywire before any body parser.'
    return new AnywireError('internal', sentence, { cause: new Error(sentence) })
  }
  if (request.destroyed) return brokenOff()
  const encoding = headers['content-encoding']?.trim().toLowerCase()
  if (encoding && encoding !== 'identity') {
    const sentence =
      `The body is encoded as ${JSON.stringify(encoding.slice(0, 40))}: send it as it is, without ` +
      'Content-Encoding.'
    return new AnywireError('bad-request', sentence)
  }
  return Number(headers['content-length'] ?? 0) > maxBytes ? tooLarge(maxBytes) : undefined
}

function collect(request: BodyRequest, { maxBytes, times, receipt }: BodyLimits): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = []
    const expected = Number(request.headers['content-length'] ?? -1)
    const time = times.begin(fail)
    let length = 0
    /** The listeners stay: taking them off would cost more than they do. */
    let over = false

    function take(chunk: Buffer): void {
      if (over) return
      length += chunk.length
      if (length > maxBytes) {
        stop()
        reject(tooLarge(maxBytes))
        return
      }
      chunks.push(chunk)
      if (length === expected) return
      try {
        receipt.hold(length)
      } catch (thrown) {
        return fail(thrown)
      }
      time.more()
    }
    function end(): void {
      if (over) return
      // A stream of HTTP/2 that its client resets with NO_ERROR seems to end.
      if (request.aborted) return breakOff()
      const [only] = chunks
      resolve(only && chunks.length === 1 ? only : Buffer.concat(chunks, length))
      stop()
    }
    function breakOff(cause?: Error): void {
      if (over) return
      stop()
      reject(brokenOff(cause))
    }
    function fail(thrown: unknown): void {
      stop()
      reject(thrown)
    }
    function stop(): void {
      over = true
      chunks = []
      time.end()
      receipt.hold(0)
    }
    const closed = () => breakOff()

    request.on('data', take).on('end', end).on('error', breakOff).on('close', closed)
  })
}

function tooLarge(maxBytes: number): AnywireError {
  return new AnywireError('too-large', `The body is over ${maxBytes} bytes: send less, or raise the limit "bodyBytes".`)
}

function brokenOff(cause?: Error): AnywireError {
  return new AnywireError('bad-request', 'The connection ended before the body did.', { cause })
}
