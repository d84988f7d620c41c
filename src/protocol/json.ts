/** Reads JSON from outside: refuses what is no UTF-8, too deep, too long a list or no JSON. PROTOCOL.md 3.1. */
import { AnywireError } from './error.js'
import { JsonScan, type ScanLimits } from './json-scan.js'
import { isDeeper } from './json-walk.js'
import { decodeUtf8, isUtf8 } from './utf8.js'

/** Of the hub's limit `jsonDepth`. */
export const jsonDepth = 100

export interface JsonLimits {
  /** Most arrays and objects inside one another. */
  readonly depth: number
  /**
   * Numbers that JavaScript reads as Infinity are refused: whoever judges them sees another number than other readers
   * do.
   * @default false
   */
  readonly finite?: boolean | undefined
}

/**
 * The value. `what` is the subject of the sentence that refuses it, e.g. "The body".
 * @throws AnywireError `bad-request` for what is no UTF-8, too deep or no JSON.
 */
export function parseJson(bytes: Uint8Array, what: string, { depth, finite = false }: JsonLimits): unknown {
  const text = decodeUtf8(bytes)
  if (text === undefined) throw notUtf8(what)
  checkDepth(bytes, what, depth)
  const value = parse(text, bytes, what)
  if (finite) checkFinite(text, value, what)
  return value
}

function parse(text: string, bytes: Uint8Array, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    const scan = new JsonScan(bytes, { depth: Number.POSITIVE_INFINITY })
    scan.run()
    throw notJson(bytes, what, scan.at)
  }
}

/**
 * The messages of a JSON text, each as the bytes that came: with `messages` the elements of a top-level array, at most
 * so many; otherwise the whole as one. Refuses what a parser refuses, in one pass that makes no values: a hostile
 * megabyte takes a parser a hundred times longer than its bytes suggest.
 * @throws AnywireError as `parseJson`, and `too-large` for too many messages.
 */
export function splitJson(bytes: Uint8Array, what: string, limits: ScanLimits): readonly Uint8Array[] {
  const scan = new JsonScan(bytes, limits)
  const fits = scan.run()
  if (fits && (scan.isAscii || isUtf8(bytes))) return scan.messages
  if (scan.refusal === 'deep') throw tooDeep(what, limits.depth)
  if (scan.refusal === 'many') throw tooMany(what, limits.messages)
  if (!isUtf8(bytes)) throw notUtf8(what)
  throw notJson(bytes, what, scan.at)
}

/** @throws AnywireError `bad-request` for arrays and objects deeper in one another than `depth`. */
export function checkDepth(bytes: Uint8Array, what: string, depth: number): void {
  if (isDeeper(bytes, depth)) throw tooDeep(what, depth)
}

/**
 * @throws AnywireError `bad-request` for a value, parsed from this text, with a number that JavaScript reads as
 * Infinity: other readers see another one.
 */
export function checkFinite(text: string, value: unknown, what: string): void {
  if (!mayOverflow(text) || !overflows(value)) return
  throw new AnywireError('bad-request', `${what} holds a number beyond 1.8e308, which no reader of doubles can hold.`)
}

function notJson(bytes: Uint8Array, what: string, at: number): AnywireError {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    const sentence = `${what} begins with a byte order mark (U+FEFF), which JSON must not have: save it without one.`
    return new AnywireError('bad-request', sentence)
  }
  // To cmd.exe a single quote is a letter like any other.
  const why =
    bytes[0] === 0x27 ? 'it begins with a single quote; in cmd.exe use double quotes' : `it goes wrong at byte ${at}`
  return new AnywireError('bad-request', `${what} is not JSON: ${why}.`)
}

function notUtf8(what: string): AnywireError {
  return new AnywireError('bad-request', `${what} is not UTF-8, which JSON must be (RFC 8259 §8.1).`)
}

function tooDeep(what: string, depth: number): AnywireError {
  return new AnywireError('bad-request', `${what} is nested too deeply: use at most ${depth} levels.`)
}

function tooMany(what: string, most: number | undefined): AnywireError {
  return new AnywireError(
    'too-large',
    `${what} holds more than ${most} messages: send them in several requests, or raise "messagesPerPublish".`,
  )
}

const largeExponent = /[eE]\+?\d{3}/
/** A number without an exponent needs more digits than that to be beyond the range of doubles. */
const manyDigits = 300

/** A number beyond the range of doubles has an exponent of three digits, or very many digits. */
function mayOverflow(text: string): boolean {
  if (largeExponent.test(text)) return true
  // So many digits cover one of these places. A pattern would look at each digit as often as there are digits behind
  // it.
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
  return char >= 0x30 && char <= 0x39
}

function overflows(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isFinite(value)
  return typeof value === 'object' && value !== null && Object.values(value).some(overflows)
}
