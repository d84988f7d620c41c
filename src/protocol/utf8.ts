/** UTF-8: whether bytes are it, and how many at their end wait for the rest of a character. */

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text that the bytes spell, a byte order mark with it. Undefined if they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes)
  } catch {
    return undefined
  }
}

/** To ask a decoder costs more than to look through so few bytes. */
const fewBytes = 200

export function isUtf8(bytes: Uint8Array): boolean {
  return (bytes.length <= fewBytes && isAscii(bytes)) || decodeUtf8(bytes) !== undefined
}

function isAscii(bytes: Uint8Array): boolean {
  let bits = 0
  for (let at = 0; at < bytes.length; at++) bits |= bytes[at]!
  return bits < 0x80
}

/**
 * How many bytes at the end begin a character that is not finished: 0 to 3. Bytes that can begin no character count as
 * 0.
 */
export function incompleteTail(bytes: Uint8Array): number {
  const most = Math.min(3, bytes.length)
  for (let back = 1; back <= most; back++) {
    const byte = bytes[bytes.length - back]!
    if (byte < 0x80) return 0
    if (byte < 0xc0) continue
    if (back >= lengthFrom(byte)) return 0
    return back === 1 || maySecond(byte, bytes[bytes.length - back + 1]!) ? back : 0
  }
  return 0
}

/**
 * Whether a place between two bytes lies inside a character: `before` ends in the beginning of one, which `next` goes
 * on with.
 */
export function splitsCharacter(before: Uint8Array, next: number): boolean {
  const begun = incompleteTail(before)
  if (begun === 0 || next < 0x80 || next > 0xbf) return false
  return begun > 1 || maySecond(before[before.length - 1]!, next)
}

/** The largest length up to `most` at which `bytes` can be cut without cutting a character. */
export function cutAt(bytes: Uint8Array, most: number): number {
  if (bytes.length <= most) return bytes.length
  return most - incompleteTail(bytes.subarray(0, most))
}

function lengthFrom(lead: number): number {
  if (lead >= 0xc2 && lead <= 0xdf) return 2
  if (lead >= 0xe0 && lead <= 0xef) return 3
  return lead >= 0xf0 && lead <= 0xf4 ? 4 : 1
}

// Overlong forms, surrogates and what lies above U+10FFFF are ruled out by the second byte (Unicode, table 3-7).
function maySecond(lead: number, second: number): boolean {
  const least = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
  const most = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
  return second >= least && second <= most
}
