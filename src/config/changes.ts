/** What has changed between two readings of a configuration. */
import { readFileSync } from 'node:fs'
import { changeableOptions } from '../server/reconfigure.js'
import type { Resolved, Setting } from './resolve.js'
import type { ServeConfig } from './schema.js'

/** Those of the process that count when they are needed. */
const whenNeeded: ReadonlySet<string> = new Set(['jwt', 'drain', 'page'])

/** The names of options whose values differ. Of what only a program can give, functions are compared by their text. */
export function changedNames(before: Resolved, after: Resolved): readonly string[] {
  const values = new Map(before.settings.map((one) => [one.name, spelt(one)]))
  const names = after.settings.filter((one) => values.get(one.name) !== spelt(one)).map(({ name }) => name)
  return names.includes('jwt') || keysOf(before.config) === keysOf(after.config) ? names : [...names, 'jwt']
}

/** Those of them that hold from the start of a server to its end. */
export function fixedNames(names: readonly string[]): readonly string[] {
  const changeable: ReadonlySet<string> = new Set([...changeableOptions, ...whenNeeded])
  return names.filter((name) => !changeable.has(name.split('.')[0] ?? ''))
}

/** Stores and meters of a program have no spelling: each reading makes others. */
function spelt({ value, option }: Setting): string | undefined {
  if (option.code ? typeof value === 'object' : Object(value).append) return undefined
  return JSON.stringify(value, (_name, one) => (typeof one === 'function' ? String(one) : one))
}

const known = new WeakMap<ServeConfig, string>()

/** What is in the files of keys, as it was when it was first asked for. */
export function keysOf(config: ServeConfig): string {
  const found = known.get(config) ?? (config.jwt?.issuers ?? []).map(({ keyFile }) => contentOf(keyFile)).join('\n')
  known.set(config, found)
  return found
}

function contentOf(file: string | undefined): string {
  try {
    return file === undefined ? '' : readFileSync(file, 'utf8')
  } catch {
    // Whoever reads its keys says what is wrong.
    return ''
  }
}
