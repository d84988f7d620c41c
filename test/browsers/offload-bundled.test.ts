/** `anywire/workers` from node_modules, bundled by Vite and by webpack, and the promise that the page stays free while a job runs. */
import { cpSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { chromium } from 'playwright-core'
import { build } from 'vite'
import { describe, expect, it, onTestFinished } from 'vitest'
import webpack, { type Stats } from 'webpack'
import { expression } from '../support/browsers/browser.js'
import { launchChromium } from '../support/browsers/chromium.js'
import { chromiumHere } from '../support/browsers/installed.js'
import { tasksWhile } from '../support/browsers/tasks.js'
import { opener } from './facts.js'
import { offloadPage, serveFolder } from './offload-server.js'

const pathOf = (below: string) => fileURLToPath(new URL(below, import.meta.url))

/** A program of somebody's with the package in its node_modules, as an installer puts it there. */
function program(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'offload-')))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const installed = join(folder, 'node_modules/anywire')
  cpSync(pathOf('offload/bundled'), folder, { recursive: true })
  cpSync(pathOf('../../package.json'), join(installed, 'package.json'))
  cpSync(pathOf('../../dist'), join(installed, 'dist'), { recursive: true })
  return folder
}

describe('offload in Chromium', () => {
  const open = opener(launchChromium)

  it.each([
    ['Vite', buildWithVite],
    ['webpack', buildWithWebpack],
  ])(
    'works from node_modules, bundled by %s, with jobs that are files and jobs that are built',
    async (_name, make) => {
      const root = program()
      const page = await open(await make(root))
      expect(await page.call('invert')).toEqual({ left: 0, pixel: [255, 255, 255, 255] })
      expect(await page.call('sum')).toBe(6)
    },
  )

  it('promise: no task of the page takes over 50 ms while a job computes for a second', async () => {
    const browser = await chromium.launch(chromiumHere)
    onTestFinished(() => browser.close())
    const page = await browser.newPage()
    await page.goto(await offloadPage())
    const compute = (where: 'worker' | 'page', ms: number) => page.evaluate<number>(expression('compute', [where, ms]))
    const free = await tasksWhile(browser, page, async () => {
      const told = await compute('worker', 1_000)
      expect(told).toBeGreaterThan(10)
      expect(told).toBeLessThan(100)
    })
    expect(free[0]).toBeLessThan(50)
    const busy = await tasksWhile(browser, page, async () => void (await compute('page', 500)))
    expect(busy[0]).toBeGreaterThan(50)
  })
})

/** Builds as an application does that has no settings of its own; the answer is the page's address. */
async function buildWithVite(root: string): Promise<string> {
  await build({ root, configFile: false, logLevel: 'error' })
  return `${await serveFolder(join(root, 'dist'))}/index.html`
}

async function buildWithWebpack(context: string): Promise<string> {
  const entry = { main: './webpack.js', sum: { import: './sum.js', filename: 'sum.js' } }
  const output = { path: join(context, 'dist') }
  const stats = await promisify((done: Built) => webpack({ mode: 'production', context, entry, output }, done))()
  expect(stats?.toJson({ all: false, errors: true, warnings: true })).toMatchObject({ errors: [], warnings: [] })
  return `${await serveFolder(context)}/webpack.html`
}

type Built = (thrown: Error | null, stats?: Stats) => void
