/** Texts as they stand in keys of LMDB, which have 1,978 bytes at most: of a longer one its beginning and a hash. */
import { createHash } from 'node:crypto'

const maxBytes = 1_500
const beginning = 300

export function keyText(text: string): string {
  if (text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes) return text
  // No text of a caller begins so: it would have to hold the hash of itself.
  return `${text.slice(0, beginning)}\u0000${createHash('sha256').update(text).digest('base64url')}`
}
