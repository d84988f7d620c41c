/** Which release of Anywire this is. */
import { readFileSync } from 'node:fs'

let known: string | undefined

/** `''` where a bundler has left our package.json behind. */
export function release(): string {
  known ??= read()
  return known
}

function read(): string {
  try {
    return String(JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version)
  } catch {
    return ''
  }
}
