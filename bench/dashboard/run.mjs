/** The dashboard with readers behind it, in Chromium: `node dashboard/run.mjs [readers] [folder for pictures]`. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import { createRequire } from 'node:module'
import { createHub, http2Options } from 'anywire'
import { createAdmin } from 'anywire/admin'
import { chromium } from 'playwright-core'

const readers = Number(process.argv[2] ?? 20_000)
const pictures = process.argv[3]
const channels = 400
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const hub = createHub({
  statistics: true,
  authenticate: (credential) => ({ id: credential?.token ?? 'guest' }),
  limits: { connectionsPerAddress: null },
})
const server = createHttp2Server({ ...http2Options(), maxSessionMemory: 100 })
hub.attach(server)
server.listen(0, '127.0.0.1')
const admin = createServer(createAdmin(hub)).listen(0, '127.0.0.1')
await Promise.all([once(server, 'listening'), once(admin, 'listening')])
const portOf = (/** @type {import('node:net').Server} */ one) =>
  /** @type {import('node:net').AddressInfo} */ (one.address()).port

const crowd = fork(new URL('readers.mjs', import.meta.url), [portOf(server), readers, channels].map(String))
await once(crowd, 'message')
console.log(`${hub.stats().connections} readers`)
let sent = 0
const busy = setInterval(() => void hub.publish(`rooms/${sent++ % channels}`, { sent, text: 'x'.repeat(100) }), 10)

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
/** @type {[string, number, number, number, number][]} */
const rows = []
const sizes = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } }
for (const [size, viewport] of Object.entries(sizes)) {
  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    for (const name of ['nodes', 'channels', 'readers']) rows.push(await look(name, size, viewport, colorScheme))
  }
}
console.table(
  rows.map(([page, first, longest, cpu, serious]) => ({
    page,
    'first view, ms': first,
    'longest task, ms': longest,
    'CPU of the longest, ms': cpu,
    serious,
  })),
)
clearInterval(busy)
await browser.close()
crowd.kill()
process.exit()

/**
 * @param {string} name @param {string} size @param {{ width: number, height: number }} viewport
 * @param {'light' | 'dark'} colorScheme @returns {Promise<[string, number, number, number, number]>}
 */
async function look(name, size, viewport, colorScheme) {
  const page = await browser.newPage({ viewport, colorScheme })
  await page.addInitScript(() => {
    const tasks = { longest: 0 }
    Object.assign(globalThis, { tasks })
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) tasks.longest = Math.max(tasks.longest, duration)
    }).observe({ type: 'longtask', buffered: true })
  })
  await browser.startTracing(page, { categories: ['toplevel', 'devtools.timeline'] })
  const began = performance.now()
  await page.goto(`http://127.0.0.1:${portOf(admin)}/$/admin#${name}`)
  await page
    .locator(name === 'nodes' ? '.figure .value' : '.choose')
    .first()
    .waitFor()
  const first = Math.round(performance.now() - began)
  await page.waitForTimeout(6_000)
  const { longest } = await page.evaluate(() => /** @type {any} */ (globalThis).tasks)
  const cpu = longestOf(JSON.parse(String(await browser.stopTracing())).traceEvents)
  if (name !== 'nodes') await page.locator('.choose').first().click()
  if (pictures) {
    mkdirSync(pictures, { recursive: true })
    await page.screenshot({ path: `${pictures}/${name}-${size}-${colorScheme}.png`, fullPage: size === 'phone' })
  }
  await page.evaluate(axe)
  const { violations } = /** @type {import('axe-core').AxeResults} */ (await page.evaluate('axe.run()'))
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  for (const { id, nodes } of serious) console.log(name, size, colorScheme, id, nodes[0]?.html.slice(0, 200))
  await page.close()
  return [`${name}, ${size}, ${colorScheme}`, first, Math.round(longest), cpu, serious.length]
}

/**
 * Milliseconds of CPU that a task of a page's own thread has taken at most: others on the machine lengthen only the time.
 * @param {{ name: string, ph: string, pid: number, tid: number, tdur?: number, args?: { name?: string } }[]} events
 */
function longestOf(events) {
  const pages = new Set(
    events.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain').map(idOf),
  )
  const tasks = events.filter((event) => event.ph === 'X' && /RunTask/.test(event.name) && pages.has(idOf(event)))
  return Math.round(tasks.reduce((most, { tdur = 0 }) => Math.max(most, tdur), 0) / 1_000)
}

/** @param {{ pid: number, tid: number }} event */
function idOf({ pid, tid }) {
  return `${pid} ${tid}`
}
