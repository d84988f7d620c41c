/**
 * How long a newcomer waits for the first message in a browser: `node newcomer.mjs [clone] [plain] [react] …`.
 *
 * `clone` is of this repository; the others are templates of `npm create anywire`, made by the packed packages. What
 * has to be typed and clicked is done at once. npm takes from its cache what lies there: run it twice, and trust the
 * second time. Each step begins where the one before it has ended, so a row adds up.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

/** @typedef {import('playwright-core').Page} Page */

const ways = process.argv.length > 2 ? process.argv.slice(2) : ['clone', 'plain', 'react', 'vue', 'express']
const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'anywire-newcomer-'))
// What npm tells the programs that it starts is not for another npm.
const own = Object.entries(process.env).filter(([name]) => !/^(npm_(?!config_)|NODE_OPTIONS$|INIT_CWD$)/.test(name))
const env = { ...Object.fromEntries(own), NO_COLOR: '1' }
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })

/** The seconds of one way, step by step. */
class Watch {
  /** @type {Record<string, string>} */
  steps = {}
  #began = performance.now()
  #since = this.#began

  /** @param {string} step what has just ended */
  ended(step) {
    this.steps[step] = ((performance.now() - this.#since) / 1000).toFixed(1)
    this.#since = performance.now()
  }

  row() {
    return { ...this.steps, 'in all, s': ((this.#since - this.#began) / 1000).toFixed(1) }
  }
}

/** @param {string} cwd @param {string} command @param {readonly string[]} args */
function run(cwd, command, ...args) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stdout}${stderr}`)
}

async function freePort() {
  const server = createServer().listen(0)
  await once(server, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  server.close()
  await once(server, 'close')
  return port
}

/**
 * Starts a program, lets `see` look at the address that it prints, and ends it.
 * @param {string} cwd @param {readonly string[]} args of npm
 * @param {Record<string, string>} more @param {(url: string) => Promise<unknown>} see
 */
async function serving(cwd, args, more, see) {
  // A group of its own: npm has children.
  const child = spawn('npm', args, {
    cwd,
    env: { ...env, ...more },
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'close')
  try {
    let text = ''
    for await (const chunk of child.stdout.setEncoding('utf8')) {
      text += chunk
      const [, url] = /(?:Open|Local:|listening on) +(http:\/\/[\w.]+:\d+)/.exec(text) ?? []
      if (url === undefined) continue
      child.stdout.on('data', () => {})
      return await see(url)
    }
    throw new Error(`npm ${args.join(' ')} has ended: ${text}`)
  } finally {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM')
    await ended
  }
}

async function fromClone() {
  const watch = new Watch()
  const clone = join(folder, 'clone')
  run(folder, 'git', 'clone', '--quiet', `file://${root}`, clone)
  watch.ended('git clone')
  run(clone, 'npm', 'install')
  watch.ended('npm install')
  const port = await freePort()
  await serving(clone, ['start', '--', '--port', `${port}`], {}, async (url) => {
    watch.ended('npm start')
    const page = await browser.newPage()
    await page.goto(url)
    await page.locator('.pane .at b', { hasText: /\d/ }).first().waitFor()
    watch.ended('first message')
    await page.close()
  })
  return watch.row()
}

/** @param {string} template @param {Record<string, string>} packed */
async function fromTemplate(template, packed) {
  const watch = new Watch()
  const name = `app-${template}`
  const create = ['exec', '--yes', `--package=${packed['create-anywire']}`, '--', 'create-anywire', name]
  run(folder, 'npm', ...create, '--template', template, '--anywire', `file:${packed.anywire}`)
  watch.ended('npm create')
  const app = join(folder, name)
  run(app, 'npm', 'install')
  watch.ended('npm install')
  await serving(app, ['run', 'dev'], { PORT: `${await freePort()}` }, async (url) => {
    watch.ended('npm start')
    const [one, other] = [await browser.newPage(), await browser.newPage()]
    await Promise.all([one.goto(url), other.goto(url)])
    await one.getByLabel('Message').fill('Hello')
    await one.getByRole('button', { name: 'Send' }).click()
    await other.getByText('Hello', { exact: true }).waitFor()
    watch.ended('first message')
    await Promise.all([one.close(), other.close()])
  })
  return watch.row()
}

/** Packs both packages, as they would be published; answers their files by their names. */
function pack() {
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder]
  const text = execFileSync('npm', [...args, '--include-workspace-root', '--workspace', 'create-anywire'], {
    cwd: root,
    env,
    encoding: 'utf8',
  })
  const packages = /** @type {{ name: string, filename: string }[]} */ (JSON.parse(text))
  return Object.fromEntries(packages.map((one) => [one.name, join(folder, one.filename)]))
}

try {
  const packed = pack()
  /** @type {Record<string, Record<string, string>>} */
  const rows = {}
  for (const way of ways) rows[way] = way === 'clone' ? await fromClone() : await fromTemplate(way, packed)
  const load = loadavg().map((one) => one.toFixed(0))
  console.log(`${cpus().length} × ${cpus()[0]?.model}, Node ${process.versions.node}, load average ${load.join(', ')}`)
  console.table(rows)
} finally {
  await browser.close()
  rmSync(folder, { recursive: true, force: true })
}
