/** Keys of the hub's own logs, made of names that may hold anything. */
import { createHash } from 'node:crypto'

/** Longest key: what `fieldBytes` lets every hub take. */
const longest = 256

// biome-ignore lint/suspicious/noControlCharactersInRegex: no key holds one
const unfit = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/

/** The name itself; `$` and a digest of it where it cannot be a key, or begins with `$`. */
export function logKey(name: string): string {
  const fits = !name.startsWith('$') && Buffer.byteLength(name) <= longest && name.isWellFormed() && !unfit.test(name)
  return fits ? name : `$${createHash('sha256').update(name).digest('base64url')}`
}
