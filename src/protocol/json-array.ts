/** Cuts JSON without parsing it, so that messages keep the bytes that came. The text must be known to be valid JSON. */

const quote = 0x22
const comma = 0x2c
const backslash = 0x5c
const openArray = 0x5b
const closeArray = 0x5d
const openObject = 0x7b
const closeObject = 0x7d

/**
 * The messages of a body: the elements of a top-level array, or the one value; at most the first `most`. White space around them is left out; the bytes are
 * shared, not copied.
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

/** The bytes of a top-level object's field; of fields with one name the last, as `JSON.parse` has it. Undefined if there is none. */
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
