/** Judges JSON without making values of it: a hostile megabyte takes a parser a hundred times longer than its bytes suggest. */
import { isUtf8 } from 'node:buffer'
import { AnywireError } from '../protocol/error.js'
import { type JsonLimits, parseJson } from '../protocol/json.js'

const quote = 0x22
const comma = 0x2c
const minus = 0x2d
const dot = 0x2e
const zero = 0x30
const nine = 0x39
const colon = 0x3a
const openArray = 0x5b
const backslash = 0x5c
const closeArray = 0x5d
const openObject = 0x7b
const closeObject = 0x7d

/** A parser says best what is wrong, and a short text cannot hold it up. */
const shortBytes = 16_384

/**
 * Refuses what `parseJson` refuses, in one pass.
 * @throws AnywireError as `parseJson`.
 */
export function checkJson(bytes: Uint8Array, what: string, limits: Omit<JsonLimits, 'finite'>): void {
  const scan = new Scan(bytes, limits)
  if (scan.fits() && isUtf8(bytes)) return
  if (bytes.length <= shortBytes || scan.tooMuch) {
    parseJson(bytes, what, limits)
    return
  }
  const sentence = isUtf8(bytes)
    ? `JSON: it goes wrong at byte ${scan.at}`
    : 'UTF-8, which JSON must be (RFC 8259 §8.1)'
  throw new AnywireError('bad-request', `${what} is not ${sentence}.`)
}

/** RFC 8259, by one who only walks through. */
class Scan {
  at = 0
  /** It is too deep, or holds too many messages. */
  tooMuch = false
  readonly #bytes: Uint8Array
  readonly #deepest: number
  readonly #most: number
  /** The brackets that end the arrays and objects around this place. */
  readonly #closers: number[] = []

  constructor(bytes: Uint8Array, { depth, messages }: Omit<JsonLimits, 'finite'>) {
    this.#bytes = bytes
    this.#skipSpace()
    const list = messages !== undefined && bytes[this.at] === openArray
    this.#deepest = list ? depth + 1 : depth
    this.#most = list ? messages : Number.POSITIVE_INFINITY
  }

  /** Whether it is one value within the limits; otherwise `at` is where it is not. */
  fits(): boolean {
    const closers = this.#closers
    let elements = 1
    if (!this.#value()) return false
    while (closers.length > 0) {
      // Behind a value that stands in something, or at the beginning of what has just been opened.
      const byte = this.#bytes[this.at]
      if (byte === closers[closers.length - 1]) {
        closers.pop()
        this.at++
      } else if (this.#opened) {
        if (!this.#item()) return false
        continue
      } else if (byte === comma) {
        this.at++
        if (closers.length === 1 && ++elements > this.#most) return this.#refuse()
        this.#skipSpace()
        if (!this.#item()) return false
        continue
      } else return false
      this.#opened = false
      this.#skipSpace()
    }
    return this.at === this.#bytes.length
  }

  /** Nothing has come yet in the innermost array or object. */
  #opened = false

  /** An element, or a name and its value. */
  #item(): boolean {
    if (this.#closers[this.#closers.length - 1] === closeArray) return this.#value()
    if (!this.#string()) return false
    this.#skipSpace()
    if (this.#bytes[this.at] !== colon) return false
    this.at++
    this.#skipSpace()
    return this.#value()
  }

  /** A value, or what opens one; and the space behind it. */
  #value(): boolean {
    const byte = this.#bytes[this.at]
    this.#opened = byte === openArray || byte === openObject
    if (this.#opened) {
      if (this.#closers.length === this.#deepest) return this.#refuse()
      this.#closers.push(byte === openArray ? closeArray : closeObject)
      this.at++
    } else if (byte === quote ? !this.#string() : !this.#number() && !this.#word()) return false
    this.#skipSpace()
    return true
  }

  #refuse(): false {
    this.tooMuch = true
    return false
  }

  #string(): boolean {
    const bytes = this.#bytes
    if (bytes[this.at] !== quote) return false
    for (let at = this.at + 1; at < bytes.length; at++) {
      const byte = bytes[at]!
      if (byte === quote) {
        this.at = at + 1
        return true
      }
      if (byte < 0x20) break
      if (byte !== backslash) continue
      const escaped = bytes[++at]
      if (escaped === 0x75) {
        for (let i = 1; i <= 4; i++) if (!isHex(bytes[at + i])) return false
        at += 4
      } else if (escaped === undefined || !escapes.has(escaped)) return false
    }
    return false
  }

  #number(): boolean {
    const bytes = this.#bytes
    const start = this.at
    let at = start
    if (bytes[at] === minus) at++
    const whole = at
    at = afterDigits(bytes, at)
    if (at === whole || (bytes[whole] === zero && at > whole + 1)) return false
    if (bytes[at] === dot) {
      const end = afterDigits(bytes, at + 1)
      if (end === at + 1) return false
      at = end
    }
    if (bytes[at] === 0x65 || bytes[at] === 0x45) {
      const sign = bytes[at + 1]
      const digits = sign === minus || sign === 0x2b ? at + 2 : at + 1
      const end = afterDigits(bytes, digits)
      if (end === digits) return false
      at = end
    }
    this.at = at
    return true
  }

  #word(): boolean {
    const word = words.find((one) => one.every((byte, i) => this.#bytes[this.at + i] === byte))
    if (!word) return false
    this.at += word.length
    return true
  }

  #skipSpace(): void {
    const bytes = this.#bytes
    while (isSpace(bytes[this.at])) this.at++
  }
}

const words = ['true', 'false', 'null'].map((word) => [...Buffer.from(word)])
const escapes: ReadonlySet<number> = new Set(Buffer.from('"\\/bfnrt'))

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

function isHex(byte: number | undefined): boolean {
  if (byte === undefined) return false
  return (byte >= zero && byte <= nine) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66)
}

function afterDigits(bytes: Uint8Array, start: number): number {
  let at = start
  while (at < bytes.length && bytes[at]! >= zero && bytes[at]! <= nine) at++
  return at
}
