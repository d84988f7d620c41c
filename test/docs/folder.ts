/** A new folder outside of the repository in which the package is installed, as a reader of the documents has one. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './blocks.js'

/** Answers its path. Other packages are those of this repository. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'anywire-docs-'))
  const packages = join(folder, 'node_modules')
  mkdirSync(join(packages, '.bin'), { recursive: true })
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (!name.startsWith('.')) symlinkSync(join(root, 'node_modules', name), join(packages, name))
  }
  for (const name of readdirSync(join(root, 'node_modules', '.bin'))) {
    symlinkSync(join(root, 'node_modules', '.bin', name), join(packages, '.bin', name))
  }
  rmSync(join(packages, 'anywire'), { force: true })
  rmSync(join(packages, '.bin', 'anywire'), { force: true })
  cpSync(join(root, 'dist'), join(packages, 'anywire', 'dist'), { recursive: true })
  cpSync(join(root, 'package.json'), join(packages, 'anywire', 'package.json'))
  symlinkSync('../anywire/dist/cli/main.js', join(packages, '.bin', 'anywire'))
  writeFileSync(join(folder, 'package.json'), '{ "name": "reader", "private": true }\n')
  // At a terminal curl shows no progress of what it prints there.
  writeFileSync(join(folder, '.curlrc'), 'silent\nshow-error\n')
  return folder
}
