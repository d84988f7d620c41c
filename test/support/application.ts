/** An application that has installed the package, for bundlers to build. */
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const manifest = '{ "name": "application", "private": true, "type": "module", "dependencies": { "anywire": "*" } }'

/** Its folder, with these files and what is published of the package; other packages are those of this repository. */
export function applicationOf(files: Readonly<Record<string, string>>): string {
  const cache = join(realpathSync(join(root, 'node_modules')), '.cache')
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'application-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const installed = join(folder, 'node_modules', 'anywire')
  cpSync(join(root, 'dist'), join(installed, 'dist'), { recursive: true })
  cpSync(join(root, 'package.json'), join(installed, 'package.json'))
  for (const [name, text] of Object.entries({ 'package.json': manifest, ...files })) {
    writeFileSync(join(folder, name), text)
  }
  return folder
}
