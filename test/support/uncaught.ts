/** Fails a test after which a process that it started had thrown what nobody caught. Of the tests' own process Vitest sees to that. */
import { randomUUID } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'

export interface Uncaught {
  readonly origin: 'uncaughtException' | 'unhandledRejection'
  readonly told: string
  /** What was run, with its arguments. */
  readonly program: readonly string[]
}

// A name of its own: what a process notes after the last look is not for one that has the same id later.
process.env.NOTE_UNCAUGHT ??= join(tmpdir(), `anywire-uncaught-${randomUUID()}`)
const file = process.env.NOTE_UNCAUGHT
for (const name of ['note-uncaught.js', 'keep-idle.js']) {
  const load = `--import=${new URL(name, import.meta.url).href}`
  if (!process.env.NODE_OPTIONS?.includes(load))
    process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} ${load}`.trim()
}

/** What was not caught since the last look. */
export function takeUncaught(): Uncaught[] {
  try {
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
    rmSync(file)
    return lines.map((line) => JSON.parse(line))
  } catch {
    return [] // nobody has written to it
  }
}

// Registered before all others, it runs after them: what a test started has ended by then.
afterEach(() => {
  const [first] = takeUncaught()
  if (first) throw new Error(`${first.origin} in ${first.program.join(' ')}: ${first.told}`)
})
