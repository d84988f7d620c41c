/** `anywire config`: the options that are in effect for `anywire serve`, and where each comes from. */
import { Command } from 'commander'
import type { Setting } from '../config/resolve.js'
import { printable } from './printable.js'
import { addServeFlags, checkResolved, configOf } from './serve-flags.js'

export const configCommand = addServeFlags(
  new Command('config').description('Print the options of "anywire serve" that are in effect, and where each is from.'),
)
  .option('--set', 'only those that somebody has set')
  .action(async ({ set }: { set?: true }) => {
    const resolved = await configOf(configCommand)
    const shown = resolved.settings.filter(({ from }) => !set || from !== 'default')
    const lines = shown.map((one) => [one.name, shownValue(one), one.from] as const)
    const width = (at: 0 | 1) => Math.min(40, Math.max(0, ...lines.map((line) => line[at].length)))
    const [names, values] = [width(0), width(1)]
    for (const [name, value, from] of lines)
      console.log(printable(`${name.padEnd(names)}  ${value.padEnd(values)}  ${from}`))
    checkResolved(resolved)
  })

/** A function has no spelling: it is named. */
const spellFunction = (_name: string, one: unknown) => (typeof one === 'function' ? '[function]' : one)

function shownValue({ value, option }: Setting): string {
  return value === undefined ? '-' : JSON.stringify(option.show(value), spellFunction)
}
