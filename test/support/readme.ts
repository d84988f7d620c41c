/** The code blocks of README.md, by their info strings. */
import { readFileSync } from 'node:fs'

export const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

/** The block with this info string, with port 8080 replaced by another. */
export function block(info: string, port = 8080): string {
  const code = new RegExp(`\`\`\`${info}\\n([^]*?)\`\`\``).exec(readme)?.[1]
  if (code === undefined) throw new Error(`README.md has no block "${info}"`)
  return code.replaceAll('8080', String(port))
}
