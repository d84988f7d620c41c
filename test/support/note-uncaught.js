/** Is loaded into every Node process that a test starts: notes what nobody caught there, and changes nothing of what follows. */
import { appendFileSync } from 'node:fs'

const file = process.env.NOTE_UNCAUGHT
if (file) {
  process.on('uncaughtExceptionMonitor', (thrown, origin) => {
    const told = thrown instanceof Error ? thrown.stack : String(thrown)
    appendFileSync(file, `${JSON.stringify({ origin, told, program: process.argv.slice(1) })}\n`)
  })
}
