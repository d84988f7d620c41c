/** The flags of `anywire serve`, some of which others take too: made from the schema of the configuration. */
import { type Command, Option } from 'commander'
import { flagOf, type Named, optionsOf } from '../config/option.js'
import { type FlagValue, type Resolved, resolveConfig } from '../config/resolve.js'
import { schema } from '../config/schema.js'
import { AnywireError } from '../protocol/index.js'

const named: readonly Named[] = optionsOf(schema).filter(({ option }) => !option.code)

/** Each limit would be a line of `--help`. */
const inHelp = (name: string) => !name.startsWith('limits.')

export function addServeFlags(command: Command): Command {
  for (const { name, option } of named) {
    const flag = flagOf(name)
    const usually = option.usually === '' || option.usual === false ? '' : ` (default: ${option.usually})`
    const made = new Option(`${flag} ${option.kind.takes}`.trim(), option.what + usually)
    command.addOption(inHelp(name) ? made : made.hideHelp())
    if (option.kind.takes === '') command.addOption(new Option(flag.replace('--', '--no-')).hideHelp())
  }
  return command
    .option('--config <file>', 'file of options, in place of anywire.config.{ts,js,mjs,json} of the current folder')
    .addHelpText('after', more)
}

const more = `
Each limit has a flag too, such as --limits-body-bytes 1000000: docs/limits.md lists them.
Each option may stand in the environment (ANYWIRE_PORT, ANYWIRE_LIMITS_BODY_BYTES) or in a file. Flags win over the
environment, and that wins over the file. "anywire config" prints what is in effect, "anywire check" tries it.
  // anywire.config.js
  export default { port: 8080, rules: { 'prices/*': { key: '/symbol', keys: true } } }`

/** What is in effect, of what was given to the command. `anew`: its file is read again. */
export function configOf(command: Command, anew = false): Promise<Resolved> {
  const given: Record<string, FlagValue> & { config?: string } = command.opts()
  const flags = new Map<string, FlagValue>()
  for (const { name } of named) {
    const value = given[new Option(flagOf(name)).attributeName()]
    if (value !== undefined) flags.set(name, value)
  }
  return resolveConfig({ flags, env: process.env, file: given.config, anew })
}

/** @throws AnywireError `bad-request` with the first problem, and how many more there are. */
export function checkResolved({ problems: [first, ...others] }: Resolved): void {
  if (first === undefined) return
  const more = others.length === 0 ? '' : ` (and ${others.length} more: "anywire check" tells all)`
  throw new AnywireError('bad-request', first + more)
}
