/** Inflates messages of clients, each by itself (RFC 7692 §7.2.2): no inflater outlives its message. */
import { constants, inflateRaw } from 'node:zlib'

/** What a sender leaves out at the end of each message. */
const tail = Buffer.from([0x00, 0x00, 0xff, 0xff])
/** Inflaters at work at a time, in all: each holds some 40 KB, and zlib has few threads. */
const most = 10

export interface Inflation {
  readonly data: Buffer
  /** Bytes that it may become. */
  readonly mostBytes: number
  /** Whether anybody still waits for it when its turn comes. */
  readonly wanted: () => boolean
  /** `RangeError` if it becomes too large. Not called if nobody waited for it. */
  readonly done: (error: Error | null, data: Buffer) => void
}

const waiting: Inflation[] = []
let running = 0

export function inflate(inflation: Inflation): void {
  waiting.push(inflation)
  next()
}

function next(): void {
  while (running < most) {
    const first = waiting.shift()
    if (!first) return
    const { data, mostBytes, wanted, done } = first
    if (!wanted()) continue
    running++
    // The largest Buffer is a limit anyway.
    const maxOutputLength = Math.max(1, Math.min(mostBytes, 2 ** 31))
    const options = { maxOutputLength, finishFlush: constants.Z_SYNC_FLUSH }
    inflateRaw(Buffer.concat([data, tail]), options, (error, inflated) => {
      running--
      try {
        done(error, inflated)
      } finally {
        next()
      }
    })
  }
}
