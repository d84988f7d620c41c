/** What a commit remembers of channels for the next one is what the disk holds. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { bytes, config, everything, texts } from '../../testing/store-subject.js'
import { disk } from './disk.js'
import { openFolder } from './folder.js'
import { KnownLogs } from './known-logs.js'
import type { DiskLog } from './log.js'

it('a commit that is taken back leaves nothing for the next one', async () => {
  const path = mkdtempSync(join(tmpdir(), 'anywire-disk-'))
  const store = await disk({ path })
  const [folder, leave] = await openFolder({ path })
  onTestFinished(async () => {
    await Promise.all([store.close(), leave()])
    rmSync(path, { recursive: true, force: true })
  })
  const append = (text: string) => store.append('a', [{ data: bytes(text) }], { create: config() })
  await append('1')
  const failing = folder.commit(() => {
    const log = folder.names.find('a', 0)
    log?.append([{ data: bytes('never') }], Date.now())
    throw new Error('taken back')
  })
  const [failed, other] = await Promise.allSettled([failing, append('2')])
  expect([failed.status, other.status]).toEqual(['rejected', 'fulfilled'])
  await append('3')
  expect(texts(await store.read('a', { kind: 'start' }, everything))).toEqual(['1', '2', '3'])
})

it('the logs that were used last are known, and no more than two generations', () => {
  const known = new KnownLogs(2)
  const log = {} as DiskLog
  for (const channel of ['a', 'b', 'c', 'a', 'd', 'e']) known.set(channel, log)
  expect(['a', 'b', 'c', 'd', 'e'].filter((channel) => known.get(channel))).toEqual(['a', 'c', 'd', 'e'])
})
