/** Walks through the bytes of JSON without checking or parsing it: its depth, and where its parts are. */

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
 * Whether arrays and objects stand in one another deeper than `deepest`. Four megabytes of `[` are left at the first
 * that is too deep.
 */
export function isDeeper(bytes: Uint8Array, deepest: number): boolean {
  // Each level takes two characters.
  if (bytes.length <= 2 * deepest) return false
  let depth = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === quote) at = endOfString(bytes, at) - 1
    else if (byte === openArray || byte === openObject) {
      if (++depth > deepest) return true
    } else if (byte === closeArray || byte === closeObject) depth--
  }
  return false
}

/**
 * Whether every parser reads the text as this value, which `JSON.parse` made of it: no object names a field twice, and
 * no number has more digits than a double holds. Where a rule has judged the value, its readers must not see another
 * one.
 */
export function readsOneWay(bytes: Uint8Array, value: unknown): boolean {
  let fields = 0
  let digits = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!
    digits = byte >= zero && byte <= nine ? digits + 1 : 0
    if (byte === quote) at = endOfString(bytes, at) - 1
    else if (byte === colon) fields++
    else if (digits > exactDigits) return false
  }
  return fields === fieldsIn(value)
}

function fieldsIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const inner = Object.values(value).reduce<number>((sum, one) => sum + fieldsIn(one), 0)
  return Array.isArray(value) ? inner : inner + Object.keys(value).length
}

/**
 * The messages of a body: the elements of a top-level array, or the one value; at most the first `most`. White space
 * around them is left out; the bytes are shared, not copied.
 */
export function messagesOf(bytes: Uint8Array, most = Number.POSITIVE_INFINITY): Uint8Array[] {
  let at = skipSpace(bytes, 0)
  if (bytes[at] !== openArray) return at < bytes.length ? [bytes.subarray(at, endOfValue(bytes, at))] : []
  const elements: Uint8Array[] = []
  at = skipSpace(bytes, at + 1)
  while (at < bytes.length && bytes[at] !== closeArray && elements.length < most) {
    const end = endOfValue(bytes, at)
    elements.push(bytes.subarray(at, end))
    at = nextItem(bytes, end)
  }
  return elements
}

/**
 * The bytes of a top-level object's field; of fields with one name the last, as `JSON.parse` has it. Undefined if there
 * is none.
 */
export function fieldOf(bytes: Uint8Array, name: string): Uint8Array | undefined {
  let at = skipSpace(bytes, 0)
  if (bytes[at] !== openObject) return undefined
  let found: Uint8Array | undefined
  at = skipSpace(bytes, at + 1)
  while (bytes[at] === quote) {
    const endOfName = endOfString(bytes, at)
    const start = skipSpace(bytes, skipSpace(bytes, endOfName) + 1)
    const end = endOfValue(bytes, start)
    if (spells(bytes.subarray(at, endOfName), name)) found = bytes.subarray(start, end)
    at = nextItem(bytes, end)
  }
  return found
}

/** Where the next element or field begins, or the bracket that ends them stands. */
function nextItem(bytes: Uint8Array, end: number): number {
  const at = skipSpace(bytes, end)
  return bytes[at] === comma ? skipSpace(bytes, at + 1) : at
}

function endOfValue(bytes: Uint8Array, start: number): number {
  const first = bytes[start]
  if (first === quote) return endOfString(bytes, start)
  if (first === openArray || first === openObject) return endOfNest(bytes, start)
  let at = start + 1
  while (at < bytes.length && !endsScalar(bytes[at]!)) at++
  return at
}

function endOfNest(bytes: Uint8Array, start: number): number {
  let depth = 0
  let at = start
  while (at < bytes.length) {
    const byte = bytes[at]
    if (byte === quote) {
      at = endOfString(bytes, at)
      continue
    }
    at++
    if (byte === openArray || byte === openObject) depth++
    else if ((byte === closeArray || byte === closeObject) && --depth === 0) return at
  }
  return at
}

function endOfString(bytes: Uint8Array, start: number): number {
  let at = start + 1
  while (at < bytes.length && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1
  return at + 1
}

function skipSpace(bytes: Uint8Array, start: number): number {
  let at = start
  while (at < bytes.length && isSpace(bytes[at]!)) at++
  return at
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

function endsScalar(byte: number): boolean {
  return byte === comma || byte === closeArray || byte === closeObject || isSpace(byte)
}

/** Whether a JSON string, given with its quotes, spells `name`, which is ASCII. */
function spells(string: Uint8Array, name: string): boolean {
  // An escaped character is longer than the character. Of hundreds of thousands of other names none is decoded.
  if (string.length === name.length + 2)
    return Array.from(name).every((char, i) => string[i + 1] === char.charCodeAt(0))
  return string.includes(backslash) && JSON.parse(new TextDecoder().decode(string)) === name
}
