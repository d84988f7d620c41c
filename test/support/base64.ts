/** Texts that a lenient reader takes for base64, and for other base64. */

export const notBase64: readonly (readonly [what: string, text: string])[] = [
  ['without its padding', 'AQI'],
  ['with too much padding', 'AQI=='],
  ['padding alone', '===='],
  ['with padding in the middle', 'AQ==AQI='],
  ['with a letter that is none', 'AQ*I'],
  ['with a line break', 'AQI=\n'],
  ['with a space', ' AQI'],
  ['of the letters of URLs', '-_-_'],
  ['with bits that stand for nothing', 'AQJ='],
]

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/**
 * Other spellings of what ends with base64url, which a lenient reader takes for the same bytes. Of 32 or 64 bytes: their last letter has bits that stand for nothing.
 */
export function respelt(text: string): string[] {
  const last = letters.indexOf(text.at(-1) ?? '')
  return [`${text.slice(0, -1)}${letters[last + 1]}`, `${text}=`, `${text}*`, `${text.slice(0, -1)} ${text.at(-1)}`]
}
