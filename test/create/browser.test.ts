/** Each template of `npm create anywire`, made by the packed package: it runs, and shows a message in a browser. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { root } from '../docs/blocks.js'
import { newFolder } from '../docs/folder.js'
import { Running, readersEnv } from '../docs/running.js'
import { chromiumHere, patienceMs } from '../support/browsers/installed.js'
import { freePort } from '../support/free-port.js'

/** A folder in which the packed packages are installed, beside the others of this repository. */
let folder = ''
let browser: Browser

function installPacked(): void {
  const packages = ['--include-workspace-root', '--workspace', 'create-anywire']
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder, ...packages]
  for (const { name, filename } of JSON.parse(execFileSync('npm', args, { cwd: root, encoding: 'utf8' }))) {
    const to = join(folder, 'node_modules', name)
    rmSync(to, { recursive: true, force: true })
    mkdirSync(to)
    execFileSync('tar', ['-xzf', join(folder, filename), '-C', to, '--strip-components=1'])
  }
}

beforeAll(async () => {
  folder = newFolder()
  installPacked()
  browser = await chromium.launch(chromiumHere)
})
afterAll(async () => {
  await browser?.close()
  rmSync(folder, { recursive: true, force: true })
})

/** An application of this template, as the command makes it. */
function create(template: string, name: string) {
  const file = join(folder, 'node_modules', 'create-anywire', 'create.js')
  const args = [file, name, '--template', template, '--anywire', '0.0.0-packed']
  const made = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', env: readersEnv() })
  expect([made.status, made.stderr]).toEqual([0, ''])
  const app = join(folder, name)
  return { app, told: made.stdout, manifest: JSON.parse(readFileSync(join(app, 'package.json'), 'utf8')) }
}

const env = (port: number) => ({
  ...readersEnv(),
  PORT: `${port}`,
  PATH: `${join(folder, 'node_modules', '.bin')}:${process.env.PATH}`,
})

/** Runs a script of its package.json that ends by itself. */
const run = (app: string, script: string, port: number) =>
  spawnSync('sh', ['-c', `exec ${script}`], { cwd: app, env: env(port), encoding: 'utf8', timeout: 2 * patienceMs })

/** Runs a script of its package.json until the test is over; answers the address that it prints. */
async function start(app: string, script: string, port: number): Promise<string> {
  const running = new Running({ command: 'sh', args: ['-c', script], folder: app, env: env(port) })
  onTestFinished(() => running.stop())
  const [, url = ''] = await running.prints(/(?:Open|Local:|pages are at) +(http:\/\/localhost:\d+)/)
  return url
}

async function expectTalk(url: string): Promise<void> {
  const context = await browser.newContext()
  // Vite makes the modules of a page when they are asked for first.
  context.setDefaultTimeout(2 * patienceMs)
  onTestFinished(() => context.close())
  const [one, other] = [await context.newPage(), await context.newPage()]
  const faults: string[] = []
  for (const page of [one, other]) {
    page.on('pageerror', ({ message }) => faults.push(message))
    await page.goto(url)
  }
  await one.getByLabel('Message').fill('Hello there')
  await one.getByRole('button', { name: 'Send' }).click()
  await other.getByText('Hello there').waitFor()
  expect(faults).toEqual([])
}

describe('npm create anywire', { timeout: 480_000 }, () => {
  it.each(['plain', 'react', 'vue', 'express'])('%s shows in one window what is sent in another', async (template) => {
    const { app, told, manifest } = create(template, `my ${template}`)
    expect(told).toContain(`cd "my ${template}"\n  npm install\n  npm run dev\n`)
    expect([manifest.name, manifest.dependencies.anywire]).toEqual([`my-${template}`, '0.0.0-packed'])
    expect(readFileSync(join(app, '.gitignore'), 'utf8')).toContain('node_modules')
    const port = await freePort()
    // What would be watched here are files of this repository: somebody who links to them would start it anew.
    await expectTalk(await start(app, manifest.scripts.dev.replace('--watch ', ''), port))
    const second = run(app, manifest.scripts.start, port)
    const sentence = `Port ${port} is in use: stop what listens there, or set PORT.\n`
    expect([second.status, second.stderr]).toEqual([1, sentence])
  })

  it('serves without Vite what was built', async () => {
    const { app, manifest } = create('react', 'built')
    const built = run(app, manifest.scripts.build, 0)
    expect(built.status, built.stderr).toBe(0)
    await expectTalk(await start(app, manifest.scripts.start, await freePort()))
  })
})
