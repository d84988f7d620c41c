/** Bytes: as base64, and how many a text has. */

const encoder = new TextEncoder()

/** Arguments of one call: many enough to be quick, few enough for every engine. */
const portionBytes = 8_192

export function utf8Length(text: string): number {
  return encoder.encode(text).length
}

export function base64Of(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += portionBytes)
    text += String.fromCharCode(...bytes.subarray(at, at + portionBytes))
  return btoa(text)
}

/** @throws what `atob` throws for what is no base64 */
export function bytesOf(base64: string): Uint8Array {
  const text = atob(base64)
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
  return bytes
}
