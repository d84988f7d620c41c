/** The grammar of JSON (RFC 8259) as one pass over bytes that makes no values, within limits. */

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

export interface ScanLimits {
  /** Most arrays and objects inside one another, in each message. */
  readonly depth: number
  /**
   * A top-level array is a list of messages, of so many at most. Absent: the text is one message, whatever it holds.
   */
  readonly messages?: number | undefined
}

/** One pass. Whether strings are UTF-8 is for others to check, unless all is ASCII. */
export class JsonScan {
  /** Where it stands; after `run` answered false, where it went wrong: for a string, where that begins. */
  at = 0
  /** It is too deep, or holds too many messages. */
  refusal: 'deep' | 'many' | undefined
  /** After `run` answered true: the messages, as the bytes that came. */
  readonly messages: Uint8Array[] = []
  /** All bits of the bytes in strings: what stands outside is ASCII. */
  #bits = 0
  readonly #bytes: Uint8Array
  readonly #deepest: number
  readonly #most: number
  readonly #list: boolean
  /** The brackets that end the arrays and objects around this place. */
  readonly #closers: number[] = []
  /** Nothing has come yet in the innermost array or object. */
  #opened = false
  /** Behind the last value, before the space that follows it. */
  #end = 0

  constructor(bytes: Uint8Array, { depth, messages }: ScanLimits) {
    this.#bytes = bytes
    this.#skipSpace()
    this.#list = messages !== undefined && bytes[this.at] === openArray
    this.#deepest = this.#list ? depth + 1 : depth
    this.#most = this.#list && messages !== undefined ? messages : Number.POSITIVE_INFINITY
  }

  /** Whether it is one value within the limits. Runs once. */
  run(): boolean {
    const bytes = this.#bytes
    const start = this.at
    if (!this.#walk() || this.at !== bytes.length) return false
    if (!this.#list) this.messages.push(bytes.subarray(start, this.#end))
    return true
  }

  /** After `run` answered true. */
  get isAscii(): boolean {
    return this.#bits < 0x80
  }

  #walk(): boolean {
    const closers = this.#closers
    const bytes = this.#bytes
    /** Where the message began that is being walked through: an element of the list. */
    let start = -1
    if (!this.#value()) return false
    while (closers.length > 0) {
      // Behind a value that stands in something, or at the beginning of what has just been opened.
      const byte = bytes[this.at]
      const inList = this.#list && closers.length === 1
      if (inList && !this.#opened) this.messages.push(bytes.subarray(start, this.#end))
      if (byte === closers[closers.length - 1]) {
        closers.pop()
        this.#end = ++this.at
        this.#opened = false
        this.#skipSpace()
        continue
      }
      if (!this.#opened) {
        if (byte !== comma) return false
        this.at++
        if (inList && this.messages.length >= this.#most) return this.#refuse('many')
        this.#skipSpace()
      }
      if (inList) start = this.at
      if (!this.#item()) return false
    }
    return true
  }

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
      if (this.#closers.length === this.#deepest) return this.#refuse('deep')
      this.#closers.push(byte === openArray ? closeArray : closeObject)
      this.at++
    } else if (byte === quote ? !this.#string() : !this.#number() && !this.#word()) return false
    this.#end = this.at
    this.#skipSpace()
    return true
  }

  #refuse(why: 'deep' | 'many'): false {
    this.refusal = why
    return false
  }

  #string(): boolean {
    const bytes = this.#bytes
    if (bytes[this.at] !== quote) return false
    let bits = 0
    for (let at = this.at + 1; at < bytes.length; at++) {
      const byte = bytes[at]!
      if (byte === quote) {
        this.at = at + 1
        this.#bits |= bits
        return true
      }
      if (byte < 0x20) break
      bits |= byte
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

const codesOf = (text: string) => Array.from(text, (char) => char.charCodeAt(0))
const words = ['true', 'false', 'null'].map(codesOf)
const escapes: ReadonlySet<number> = new Set(codesOf('"\\/bfnrt'))

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
