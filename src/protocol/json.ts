/** Reads JSON that came from outside: UTF-8, depth and the number of messages are checked before the text is parsed. PROTOCOL.md 3.1. */
import { AnywireError } from './error.js'

export interface JsonLimits {
  /** Most arrays and objects inside one another, in each message. */
  readonly depth: number
  /** A top-level array is a list of messages, of so many at most. Absent: the text is one message, whatever it holds. */
  readonly messages?: number | undefined
  /** Numbers that JavaScript reads as Infinity are refused: whoever judges them sees another number than other readers do. @default false */
  readonly finite?: boolean | undefined
}

/** Of the hub's limit `jsonDepth`. */
export const jsonDepth = 100

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const quote = 0x22
const comma = 0x2c
const backslash = 0x5c
const openArray = 0x5b
const closeArray = 0x5d
const openObject = 0x7b
const closeObject = 0x7d
const colon = 0x3a
const zero = 0x30
const nine = 0x39
/** Decimal digits that a double always holds. */
const exactDigits = 15

/**
 * `what` is the subject of the sentence that refuses it, e.g. "The body".
 * @throws AnywireError `bad-request` for what is no UTF-8, too deep or no JSON, `too-large` for too many messages.
 */
export function parseJson(source: Uint8Array | string, what: string, limits: JsonLimits): unknown {
  const text = typeof source === 'string' ? source : textOf(source, what)
  checkShape(text, what, limits)
  const value = parse(text, what)
  if (limits.finite && mayOverflow(text) && overflows(value)) {
    throw new AnywireError('bad-request', `${what} holds a number beyond 1.8e308, which no reader of doubles can hold.`)
  }
  return value
}

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.slice(0, 160) : ''
    throw new AnywireError('bad-request', `${what} is not JSON: ${why}`, { cause })
  }
}

const largeExponent = /[eE]\+?\d{3}/
/** A number without an exponent needs more digits than that to be beyond the range of doubles. */
const manyDigits = 300

/** A number beyond the range of doubles has an exponent of three digits, or very many digits. */
function mayOverflow(text: string): boolean {
  if (largeExponent.test(text)) return true
  // So many digits cover one of these places. A pattern would look at each digit as often as there are digits behind it.
  for (let at = manyDigits - 1; at < text.length; at += manyDigits) {
    if (!isDigit(text, at)) continue
    let from = at
    while (at - from < manyDigits && isDigit(text, from - 1)) from--
    let end = at + 1
    while (end - from < manyDigits && isDigit(text, end)) end++
    if (end - from >= manyDigits) return true
  }
  return false
}

function isDigit(text: string, at: number): boolean {
  const char = text.charCodeAt(at)
  return char >= zero && char <= nine
}

function overflows(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isFinite(value)
  return typeof value === 'object' && value !== null && Object.values(value).some(overflows)
}

/**
 * In one pass that parses nothing: four megabytes of `[` are refused at the hundredth.
 * @throws AnywireError as `parseJson`, but for what is no JSON.
 */
export function checkShape(text: string, what: string, { depth, messages }: JsonLimits): void {
  if (text.charCodeAt(0) === 0xfeff) {
    const sentence = `${what} begins with a byte order mark (U+FEFF), which JSON must not have: save it without one.`
    throw new AnywireError('bad-request', sentence)
  }
  const list = messages !== undefined && /^[ \t\r\n]*\[/.test(text)
  const deepest = list ? depth + 1 : depth
  const most = list ? messages : Number.POSITIVE_INFINITY
  // Each level takes two characters, and each further element two.
  if (text.length <= 2 * Math.min(deepest, most)) return
  const found = measure(text, deepest, most)
  if (found === 'deep') {
    throw new AnywireError('bad-request', `${what} is nested too deeply: use at most ${depth} levels.`)
  }
  if (found !== 'many') return
  const sentence = `${what} holds more than ${most} messages: send them in several requests, or raise "messagesPerPublish".`
  throw new AnywireError('too-large', sentence)
}

/**
 * Whether every parser reads the text as this value, which `JSON.parse` made of it: no object names a field twice, and no number has more digits than a
 * double holds. Where a rule has judged the value, its readers must not see another one.
 */
export function readsOneWay(text: string, value: unknown): boolean {
  let fields = 0
  let digits = 0
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at)
    digits = char >= zero && char <= nine ? digits + 1 : 0
    if (char === quote) at = endOfString(text, at)
    else if (char === colon) fields++
    else if (digits > exactDigits) return false
  }
  return fields === fieldsIn(value)
}

function fieldsIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const inner = Object.values(value).reduce<number>((sum, one) => sum + fieldsIn(one), 0)
  return Array.isArray(value) ? inner : inner + Object.keys(value).length
}

function measure(text: string, deepest: number, most: number): 'deep' | 'many' | undefined {
  let depth = 0
  let elements = 1
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at)
    if (char === quote) at = endOfString(text, at)
    else if (char === openArray || char === openObject) {
      if (++depth > deepest) return 'deep'
    } else if (char === closeArray || char === closeObject) depth--
    else if (char === comma && depth === 1 && ++elements > most) return 'many'
  }
  return undefined
}

/** Where the quote stands that ends the string: one behind an even number of backslashes. */
function endOfString(text: string, start: number): number {
  let from = start
  while (true) {
    const end = text.indexOf('"', from + 1)
    if (end < 0) return text.length
    let before = end - 1
    while (text.charCodeAt(before) === backslash) before--
    if ((end - before) % 2 === 1) return end
    from = end
  }
}

function textOf(bytes: Uint8Array, what: string): string {
  try {
    return strict.decode(bytes)
  } catch (cause) {
    throw new AnywireError('bad-request', `${what} is not UTF-8, which JSON must be (RFC 8259 §8.1).`, { cause })
  }
}
