/** The disk store keeps the contract of stores. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { storeContract } from '../../testing/store-contract.js'
import { disk } from './disk.js'

const folder = mkdtempSync(join(tmpdir(), 'anywire-disk-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

storeContract('disk', (options) => disk({ path: folder, ...options }), { acknowledged: 'power-loss', shared: true })
