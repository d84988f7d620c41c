/** What is in effect, and where it comes from: flags win over the environment, and that over the file. */
import { spell } from '../core/shape.js'
import { nearestName } from '../protocol/nearest.js'
import { readEnvironment } from './environment.js'
import { type ConfigFile, readConfigFile } from './file.js'
import { flagOf, type Named, Option, optionsOf, type Schema, variableOf } from './option.js'
import { type ServeConfig, schema } from './schema.js'

/** What a flag was given: its text, several, or for one that takes nothing, whether it is set. */
export type FlagValue = string | readonly string[] | boolean

export interface Setting extends Named {
  /** Undefined: nothing is set. */
  readonly value: unknown
  /** Such as `--port`, `ANYWIRE_PORT`, the name of the file, or `default`. */
  readonly from: string
}

export interface Resolved {
  readonly config: ServeConfig
  /** Every option, in the order of the schema. */
  readonly settings: readonly Setting[]
  /** Sentences about what cannot be, each about one value. */
  readonly problems: readonly string[]
  readonly file: string | undefined
}

export interface Sources {
  /** By the name of the option. */
  readonly flags: ReadonlyMap<string, FlagValue>
  readonly env: NodeJS.ProcessEnv
  /** The file that a flag names. */
  readonly file?: string | undefined
  /** It was read before. @default false */
  readonly anew?: boolean | undefined
}

export async function resolveConfig({ flags, env, file: named, anew }: Sources): Promise<Resolved> {
  const options = optionsOf(schema)
  const { texts, problems: strangers } = readEnvironment(env, options)
  const problems = [...strangers]
  let file: ConfigFile | undefined
  try {
    file = await readConfigFile(named ?? (env.ANYWIRE_CONFIG || undefined), anew)
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error))
  }
  const held = file ? flatten(file, problems) : new Map<string, unknown>()
  const settings = options.map((one): Setting => {
    const { name } = one
    const given = flags.get(name)
    if (given !== undefined) return read(one, flagOf(name), String(given), problems)
    const text = texts.get(name)
    if (text !== undefined) return read(one, variableOf(name), text, problems)
    if (file && held.has(name)) return check(one, file.name, held.get(name), problems)
    return { ...one, value: one.option.usual, from: 'default' }
  })
  return { config: nest(settings), settings, problems, file: file?.name }
}

/** The values of a file by the names of their options. An undefined value is none. */
function flatten({ name: file, values }: ConfigFile, problems: string[]): Map<string, unknown> {
  const found = new Map<string, unknown>()
  const walk = (group: Schema, given: object, above: string) => {
    for (const [own, value] of Object.entries(given)) {
      const name = above + own
      const one = Object.hasOwn(group, own) ? group[own] : undefined
      if (value === undefined) continue
      if (one === undefined) problems.push(unknownIn(file, name, Object.keys(group), above))
      else if (one instanceof Option) found.set(name, value)
      else if (typeof value === 'object' && value !== null) walk(one as Schema, value, `${name}.`)
      else problems.push(`"${name}" of ${file} must be an object; it is ${spell(value)}.`)
    }
  }
  walk(schema, values, '')
  return found
}

function unknownIn(file: string, name: string, known: readonly string[], above: string): string {
  const meant = nearestName(name.slice(above.length), known)
  const hint = meant === undefined ? '"anywire config" lists them.' : `did you mean "${above}${meant}"?`
  return `There is no option "${name.slice(0, 80)}" of ${file}: ${hint}`
}

function read(one: Named, from: string, text: string, problems: string[]): Setting {
  const { kind } = one.option
  const value = kind.read(text)
  if (value === undefined) problems.push(`${from} must be ${kind.wanted}; it is ${shownText(one, text)}.`)
  return { ...one, value, from }
}

function check(one: Named, from: string, value: unknown, problems: string[]): Setting {
  const { kind } = one.option
  if (!kind.fits(value)) {
    const shown = typeof value === 'string' ? shownText(one, value) : spell(value)
    problems.push(`"${one.name}" of ${from} must be ${kind.wanted}; it is ${shown}.`)
  }
  return { ...one, value, from }
}

/** What is wrong may be a secret too. */
function shownText({ option }: Named, text: string): string {
  return option.secret ? 'something else' : spell(text)
}

function nest(settings: readonly Setting[]): ServeConfig {
  const config: Record<string, unknown> = {}
  for (const { name, value } of settings) {
    if (value === undefined) continue
    const [own, inner] = name.split('.') as [string, string?]
    if (inner === undefined) config[own] = value
    else config[own] = { ...(config[own] as object | undefined), [inner]: value }
  }
  return config
}
