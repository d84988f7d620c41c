/** The file `anywire.config.*`: which one is read, and what it holds. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { AnywireError } from '../protocol/error.js'

export interface ConfigFile {
  /** As the user would call it. */
  readonly name: string
  readonly values: Readonly<Record<string, unknown>>
}

/** The first that is there is read, where none is named. */
export const fileNames = ['ts', 'js', 'mjs', 'json'].map((end) => `anywire.config.${end}`)

/**
 * Undefined where no file is named, and none is in the current folder. `anew`: a program is run, though it was before.
 * @throws (by rejection) AnywireError `bad-request` for a file that cannot be read, or that holds no object.
 */
export async function readConfigFile(named: string | undefined, anew = false): Promise<ConfigFile | undefined> {
  const name = named ?? fileNames.find((candidate) => existsSync(candidate))
  if (name === undefined) return undefined
  const path = resolve(name)
  if (!existsSync(path)) throw wrong(`There is no configuration at ${path}.`)
  const isJson = path.endsWith('.json')
  const values = isJson ? jsonOf(path) : await exportOf(path, anew)
  if (typeof values === 'object' && values !== null && !Array.isArray(values))
    return { name, values: values as ConfigFile['values'] }
  throw wrong(`The configuration ${path} has no object${isJson ? '' : ' as its default export'}.`)
}

function jsonOf(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8').replace(/^\ufeff/, ''))
  } catch (cause) {
    throw notLoaded(path, cause)
  }
}

async function exportOf(path: string, anew: boolean): Promise<unknown> {
  try {
    // A module is run once for each URL.
    const query = anew ? `?${statSync(path).mtimeMs}` : ''
    return ((await import(pathToFileURL(path).href + query)) as { default?: unknown }).default
  } catch (cause) {
    if (Object(cause).code !== 'ERR_UNKNOWN_FILE_EXTENSION') throw notLoaded(path, cause)
    const how = 'use Node 22.18 or later, a loader such as tsx, or a file in JavaScript or JSON'
    throw wrong(`Node ${process.versions.node} cannot read the TypeScript of ${path}: ${how}.`, cause)
  }
}

function notLoaded(path: string, cause: unknown): AnywireError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return wrong(`The configuration ${path} could not be loaded: ${why}`, cause)
}

function wrong(sentence: string, cause?: unknown): AnywireError {
  return new AnywireError('bad-request', sentence, { cause })
}
