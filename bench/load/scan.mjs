/** Counts messages in what a server sends, without parsing them: every message holds one mark. */
import { digits, mark, sequenceBefore } from '../message.mjs'

/** Jumps from mark to mark by the distance seen before; looks for the next one where that fails. */
export class TextScan {
  #stride = Number.POSITIVE_INFINITY
  #first = Number.POSITIVE_INFINITY
  count = 0
  /** Called with each message's sequence number, unless it is cut by the end of a chunk. @type {((seq: number) => void) | undefined} */
  onSequence

  /** `bytes` must have room for one byte after `length`. @param {Buffer} bytes @param {number} length */
  push(bytes, length) {
    bytes[length] = mark
    this.span(bytes, 0, length)
  }

  /** There must be a mark at or after `end`. @param {Buffer} bytes @param {number} start @param {number} end */
  span(bytes, start, end) {
    let at = start + this.#first
    if (at >= end || bytes[at] !== mark) {
      at = bytes.indexOf(mark, start)
      this.#first = Math.min(this.#first, at - start)
    }
    while (at < end) {
      this.count++
      if (this.onSequence && at >= digits) this.onSequence(sequenceBefore(bytes, at))
      const next = at + this.#stride
      if (next < end && bytes[next] === mark) {
        at = next
      } else {
        const found = bytes.indexOf(mark, at + 1)
        if (found < end) this.#stride = Math.min(this.#stride, found - at)
        at = found
      }
    }
  }
}

/** As TextScan inside WebSocket frames, whose headers may hold any byte. Hears of pings. */
export class FrameScan {
  #text = new TextScan()
  #left = 0
  /** Header bytes so far. @type {number[]} */
  #header = []
  /** @type {(() => void) | undefined} */
  onPing

  get count() {
    return this.#text.count
  }

  set onSequence(/** @type {((seq: number) => void) | undefined} */ listener) {
    this.#text.onSequence = listener
  }

  /** @param {Buffer} bytes @param {number} length */
  push(bytes, length) {
    bytes[length] = mark
    for (let at = 0; at < length; ) {
      if (this.#left > 0) {
        const end = Math.min(length, at + this.#left)
        this.#text.span(bytes, at, end)
        this.#left -= end - at
        at = end
      } else if (this.#header.length === 0 && bytes[at] === 0x81 && bytes[at + 1] === 126 && at + 4 <= length) {
        this.#left = (bytes[at + 2] << 8) | bytes[at + 3]
        at += 4
      } else {
        this.#header.push(bytes[at++])
        this.#open()
      }
    }
  }

  /** Reads the header's length, once it is whole. */
  #open() {
    const [first, second = 0, ...rest] = this.#header
    const extra = second === 126 ? 2 : second === 127 ? 8 : 0
    if (this.#header.length < 2 + extra) return
    this.#left = extra === 0 ? second : rest.reduce((length, byte) => length * 256 + byte, 0)
    this.#header = []
    if (first === 0x89) this.onPing?.()
    if (first === 0x88) throw new Error('The server has closed a WebSocket during the measurement.')
  }
}
