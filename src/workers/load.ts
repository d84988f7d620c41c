/** Finds the job of a module, inside a worker. */
import { AnywireError } from '../protocol/error.js'
import { type AnyJob, takeRegistered } from './job.js'

const loaded = new Map<string, AnyJob>()

/**
 * The function that a module exports under a name. Throws `unavailable` when the module cannot be loaded, `bad-request`
 * when it has no such function.
 */
export async function loadJob(module: string, name: string): Promise<AnyJob> {
  const key = `${name} ${module}`
  const known = loaded.get(key)
  if (known) return known
  takeRegistered()
  const found: unknown = Reflect.get(await importModule(module), name) ?? (name === 'default' && takeRegistered())
  if (!isJob(found)) {
    const remedy = 'export it, or pass its name as the option "export"'
    throw new AnywireError('bad-request', `${label(module)} exports no function "${name}": ${remedy}.`)
  }
  loaded.set(key, found)
  return found
}

async function importModule(module: string): Promise<object> {
  try {
    return await import(/* @vite-ignore */ /* webpackIgnore: true */ module)
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown)
    const remedy = 'check that the URL answers with a JavaScript module'
    throw new AnywireError('unavailable', `${label(module)} could not be loaded (${why}): ${remedy}.`, {
      cause: thrown,
    })
  }
}

const isJob = (found: unknown): found is AnyJob => typeof found === 'function'

/** Bundlers turn small files into long data URLs. */
const label = (module: string) => `The module ${module.length > 200 ? `${module.slice(0, 200)}…` : module}`
