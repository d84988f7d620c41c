/** What one commit has. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { DiskEngine } from './engine.js'

it('a commit has what is asked for until it begins, which is when no other process writes', async () => {
  const path = mkdtempSync(join(tmpdir(), 'anywire-disk-'))
  const engine = await DiskEngine.open(path, () => 1)
  onTestFinished(async () => {
    await engine.close()
    rmSync(path, { recursive: true, force: true })
  })
  const { commits } = engine.store
  const first = engine.commit(() => 'first')
  // By now the first one waits for the lock.
  for (let turn = 0; turn < 10; turn++) await undefined
  const others = ['second', 'third'].map((name) => engine.commit(() => name))
  expect(await Promise.all([first, ...others])).toEqual(['first', 'second', 'third'])
  engine.refresh()
  expect(engine.store.commits).toBe(commits + 1)
})
