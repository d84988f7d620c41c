/** Every limit at its edge: for how long the loop is blocked, and how far memory grows. Rows stand in `*.rows.ts`. */
import { readdirSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { HubProcess } from '../support/process/hub-process.js'
import { type EdgeRow, rowDefaults } from './row.js'

const subjects = readdirSync(new URL('.', import.meta.url))
  .filter((file) => file.endsWith('.rows.ts'))
  .sort()

for (const file of subjects) {
  const { default: rows } = (await import(/* @vite-ignore */ new URL(file, import.meta.url).href)) as {
    default: readonly EdgeRow[]
  }

  describe(`at the edge: ${file.replace('.rows.ts', '')}`, () => {
    it.each(rows.map((row) => [row.name, row] as const))('%s', async (_name, row) => {
      const { mostBlockedMs, mostGrownBytes } = { ...rowDefaults, ...row }
      const hub = await HubProcess.start(row.hub)
      onTestFinished(() => hub.kill())
      await hub.begin()
      await row.act(hub)
      await hub.quiet()
      await row.after?.(hub)
      const { blockedMs, grownBytes, errors } = await hub.strain()
      if (!row.mayReport) expect(errors).toEqual([])
      expect(blockedMs, 'ms for which the loop was blocked').toBeLessThan(mostBlockedMs)
      expect(grownBytes / 1e6, 'MB by which memory grew').toBeLessThan(mostGrownBytes / 1e6)
    })
  })
}
