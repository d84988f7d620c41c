/** The playground, and a browser to look at it: for `measure.js` and `screenshots.js`. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Starts both; `CHROMIUM` names another browser than Debian's. Throws when the server ends before it listens. */
export async function serve() {
  const server = spawn(process.execPath, ['scripts/run.js', 'playground', '--port', '0'], { cwd: root })
  server.stderr.pipe(process.stderr)
  const origin = await listening(server.stdout)
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
  const close = async () => {
    await browser.close()
    server.kill()
  }
  return { origin, browser, close }
}

async function listening(/** @type {import('node:stream').Readable} */ output) {
  for await (const line of createInterface({ input: output })) {
    const [, origin] = /^listening on (\S+)/.exec(line) ?? []
    // What it says later is not read, and must not fill its pipe.
    if (origin) {
      output.resume()
      return origin
    }
  }
  throw new Error('The playground has ended before it listened.')
}
