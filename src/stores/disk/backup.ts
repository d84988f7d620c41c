/** A copy of a folder, as it is at one moment, while another process may use it. */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { open as openFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { AnywireError } from '../../protocol/error.js'
import { fileName, loadLmdb } from './engine.js'

/** What a copy is called until it is whole. */
const draftEnd = '.part'

/**
 * Copies the store of one folder into another, which is made where it is not there. The copy gets its name when it is
 * whole and on the disk; what an earlier one left that was broken off is taken away.
 * @throws AnywireError `bad-request` where there is no store, or already one in its place; `internal` where `lmdb` is
 * not installed.
 */
export async function backup(from: string, to: string): Promise<void> {
  const [source, copy] = [join(from, fileName), join(to, fileName)]
  if (!existsSync(source)) throw new AnywireError('bad-request', `There is no store in the folder "${from}".`)
  if (existsSync(copy)) throw new AnywireError('bad-request', `There is a store in the folder "${to}" already.`)
  const { open } = await loadLmdb()
  mkdirSync(to, { recursive: true, mode: 0o700 })
  for (const file of readdirSync(to)) if (isDraft(file)) rmSync(join(to, file), { force: true })
  const draft = `${copy}.${randomBytes(4).toString('hex')}${draftEnd}`
  const root = open({ path: source, readOnly: true })
  try {
    await root.backup(draft, false)
    await flush(draft)
    await rename(draft, copy)
  } catch (thrown) {
    rmSync(draft, { force: true })
    throw thrown
  } finally {
    await root.close()
  }
}

function isDraft(file: string): boolean {
  return file.startsWith(`${fileName}.`) && file.endsWith(draftEnd)
}

async function flush(path: string): Promise<void> {
  const file = await openFile(path, 'r+')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
