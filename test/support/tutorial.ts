/** Starts the tutorial servers, whose certificate is made once for each file of tests. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Program } from './program.js'

let data: string | undefined

export function startTutorial(port = 0): Program {
  data ??= mkdtempSync(join(tmpdir(), 'anywire-tutorial-'))
  return new Program('scripts/run.js', ['tutorial', '--port', String(port)], { env: { XDG_DATA_HOME: data } })
}
