/** Base64, read strictly: only what an encoder writes, so that no two texts stand for the same bytes (RFC 4648 §3.5). */

/** With padding (§4), or the one of URLs without (§5). */
export type Alphabet = 'base64' | 'base64url'

const letters: Readonly<Record<Alphabet, RegExp>> = {
  base64: /^[A-Za-z0-9+/]*={0,2}$/,
  base64url: /^[A-Za-z0-9_-]*$/,
}

/** What a sentence calls it. */
export const base64Form = 'base64 with padding (RFC 4648 §4)'

export function isBase64(text: string, alphabet: Alphabet = 'base64'): boolean {
  if (!letters[alphabet].test(text)) return false
  // Padding and bits that are left over stand in the last group alone.
  const last = text.slice(-(text.length % 4 || 4))
  return Buffer.from(last, alphabet).toString(alphabet) === last
}

/** The bytes; undefined for what is none. */
export function readBase64(text: string, alphabet: Alphabet = 'base64'): Buffer | undefined {
  return isBase64(text, alphabet) ? Buffer.from(text, alphabet) : undefined
}
