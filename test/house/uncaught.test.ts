/** What nobody catches in a process that a test starts. */
import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { takeUncaught } from '../support/uncaught.js'

const run = (code: string) => spawnSync(process.execPath, ['-e', code], { encoding: 'utf8' }).status

describe('a process that a test starts', () => {
  it.each([
    ['uncaughtException', "setTimeout(() => { throw new Error('not today') })"],
    ['unhandledRejection', "Promise.reject(new Error('not today'))"],
    ['unhandledRejection', 'Promise.reject()'],
  ])('is noted by an %s', (origin, code) => {
    expect(run(code)).toBe(1)
    expect(takeUncaught()).toMatchObject([{ origin }])
    expect(takeUncaught()).toEqual([])
  })

  it('is not noted by what is caught', () => {
    expect(run("Promise.reject(new Error('not today')).catch(() => undefined)")).toBe(0)
    expect(takeUncaught()).toEqual([])
  })
})
