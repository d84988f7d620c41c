/** A copy of a folder, as it is at one moment, while another process may use it. */
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { AnywireError } from '../../protocol/error.js'
import { fileName, loadLmdb } from './engine.js'

/**
 * Copies the store of one folder into another, which is made where it is not there.
 * @throws AnywireError `bad-request` where there is no store, or already one in its place; `internal` where `lmdb` is
 * not installed.
 */
export async function backup(from: string, to: string): Promise<void> {
  const [source, copy] = [join(from, fileName), join(to, fileName)]
  if (!existsSync(source)) throw new AnywireError('bad-request', `There is no store in the folder "${from}".`)
  if (existsSync(copy)) throw new AnywireError('bad-request', `There is a store in the folder "${to}" already.`)
  const { open } = await loadLmdb()
  mkdirSync(to, { recursive: true, mode: 0o700 })
  const root = open({ path: source, readOnly: true })
  try {
    await root.backup(copy, false)
  } finally {
    await root.close()
  }
}
