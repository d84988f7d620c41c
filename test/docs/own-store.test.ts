/** The store that docs/stores.md shows keeps the contract, as its test there says. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { blocksOf } from './blocks.js'
import { newFolder } from './folder.js'

const folder = newFolder()
afterAll(() => rmSync(folder, { recursive: true }))
for (const { file, code } of blocksOf('docs/stores.md'))
  if (file?.startsWith('own-store')) writeFileSync(join(folder, file), code)
await import(join(folder, 'own-store.test.mjs'))
