/** `anywire/workers` from node_modules, bundled by Vite, and the promise that the page stays free while a job runs. */
import { cpSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { describe, expect, it, onTestFinished } from 'vitest'
import { launchChromium } from '../support/chromium.js'
import { opener } from './facts.js'
import { offloadPage, serveFolder } from './offload-server.js'

const pathOf = (below: string) => fileURLToPath(new URL(below, import.meta.url))

/** A program of somebody's with the package in its node_modules, as an installer puts it there. */
function program(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'offload-')))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const installed = join(folder, 'node_modules/anywire')
  cpSync(pathOf('offload/vite'), folder, { recursive: true })
  cpSync(pathOf('../../package.json'), join(installed, 'package.json'))
  cpSync(pathOf('../../dist'), join(installed, 'dist'), { recursive: true })
  return folder
}

describe('offload in Chromium', { timeout: 60_000 }, () => {
  const open = opener(launchChromium)

  it('works bundled by Vite: a job as a file, and a job in TypeScript with imports', async () => {
    const root = program()
    await build({ root, configFile: false, logLevel: 'error' })
    const page = await open(`${await serveFolder(join(root, 'dist'))}/index.html`)
    expect(await page.call('invert')).toEqual({ left: 0, pixel: [255, 255, 255, 255] })
    expect(await page.call('sum')).toBe(6)
  })

  it('promise: no task of the page takes over 50 ms while a job computes for a second', async () => {
    const page = await open(await offloadPage())
    const { durations, told } = await page.call<LongTasks>('longTasks', 'worker', 1_000)
    expect(durations).toEqual([])
    expect(told).toBeGreaterThan(10)
    expect(told).toBeLessThan(100)
    expect((await page.call<LongTasks>('longTasks', 'page', 100)).durations).not.toEqual([])
  })
})

interface LongTasks {
  /** Of tasks over 50 ms, in milliseconds. */
  readonly durations: number[]
  /** Calls of `onProgress`. */
  readonly told: number
}
