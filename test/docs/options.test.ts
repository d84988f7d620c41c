/** docs/options.md says what the source says. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { usualTimes } from '../../src/client/times.js'
import { limitDefaults } from '../../src/core/limits.js'
import { yjsLimitDefaults } from '../../src/server/yjs/options.js'
import { root, textOf } from './blocks.js'

const run = promisify(execFile)

/** The defaults in the table of a section. */
function defaultsIn(section: string): Record<string, number | null> {
  const [, table = ''] = textOf('docs/options.md').split(`\n## ${section}\n`)
  const [rows = ''] = table.split('\n## ')
  const cells = rows.split('\n').map((row) => row.split(/(?<!\\) \| /))
  return Object.fromEntries(
    cells
      .filter(([name]) => name?.startsWith('| `'))
      .map(([name = '', _type, text = '']) => [
        name.slice(3, -1),
        text === 'null' ? null : Number(text.replaceAll(',', '')),
      ]),
  )
}

describe('docs/options.md', () => {
  it('is what the docstrings make of it', { timeout: 240_000 }, async () => {
    await expect(run(process.execPath, ['scripts/options-table.js', '--check'], { cwd: root })).resolves.toBeDefined()
  })

  it.each([
    ['Limits', limitDefaults],
    ['YjsLimits', yjsLimitDefaults],
    ['Times', usualTimes],
  ])('names the defaults of %s that hold', (section, defaults) => {
    expect(defaultsIn(section)).toEqual({ ...defaults })
  })
})
