/** The list of mutants fits the code; `npm run mutants` says whether the tests catch them. */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { mutants } from '../mutants/list.js'

const at = (file: string) => fileURLToPath(new URL(`../../${file}`, import.meta.url))

describe('mutants', () => {
  it.each(mutants)('$name: is one change in one place', ({ file, search, replace, tests }) => {
    expect(readFileSync(at(file), 'utf8').split(search).length - 1).toBe(1)
    expect(replace).not.toBe(search)
    expect(tests.filter((test) => !existsSync(at(test)))).toEqual([])
  })

  it('are each named once', () => {
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length)
  })
})
