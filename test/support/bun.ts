/** Bun: another runtime for what was built. */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('../../scripts/bun', import.meta.url))

/** The path of the program, which is installed first where it is not yet. */
export function bun(): string {
  return execFileSync('sh', [script], { encoding: 'utf8' }).trim()
}
