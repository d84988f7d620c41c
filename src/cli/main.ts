#!/usr/bin/env node
/** The command line: `anywire serve`, `config`, `check`, `publish`, `tail`, `doctor`, and what else is below. */
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { backupCommand } from './backup.js'
import { checkCommand } from './check.js'
import { configCommand } from './config.js'
import { doctorCommand } from './doctor.js'
import { drainCommand } from './drain.js'
import { healthCommand } from './health.js'
import { keysCommand } from './keys.js'
import { printable } from './printable.js'
import { publishCommand } from './publish.js'
import { revokeCommand } from './revoke.js'
import { serveCommand } from './serve.js'
import { tailCommand } from './tail.js'
import { tokenCommand } from './token.js'
import { trustCommand } from './trust.js'

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string
}

const program = new Command('anywire')
  .description('Real-time push: one channel, any wire.')
  .version(version)
  .addCommand(serveCommand)
  .addCommand(configCommand)
  .addCommand(checkCommand)
  .addCommand(drainCommand)
  .addCommand(healthCommand)
  .addCommand(publishCommand)
  .addCommand(tailCommand)
  .addCommand(tokenCommand)
  .addCommand(keysCommand)
  .addCommand(revokeCommand)
  .addCommand(backupCommand)
  .addCommand(trustCommand)
  .addCommand(doctorCommand)
  .addHelpText(
    'after',
    `
Examples:
  anywire serve                            a hub in memory at http://127.0.0.1:8080/channels
  anywire serve --tls                      the same over HTTPS and HTTP/2, for this machine
  anywire publish news '{"title":"Hello"}' one message
  anywire tail news --from start           what has been said, and what will be
  anywire doctor https://host/channels     what stands between here and there`,
  )

try {
  await program.parseAsync()
} catch (error) {
  const sentence = error instanceof Error ? error.message : String(error)
  console.error(`error: ${printable(sentence.split('\n')[0] ?? '')}`)
  process.exitCode = 1
}
// A worker would be kept alive by the channel to the process that started it.
if (process.connected) process.disconnect()
