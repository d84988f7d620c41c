/** What stands beside a page: code that runs, and the drawer of what is on the wire. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { chromiumHere } from '../support/browsers/installed.js'
import { faultsOf, startPlayground } from './tab.js'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

describe('beside a page', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await chromium.launch(chromiumHere)
  })
  afterAll(() => browser?.close())

  async function open(path: string): Promise<[Page, string[]]> {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
    onTestFinished(() => page.close())
    page.setDefaultTimeout(60_000)
    const faults = await faultsOf(page)
    await page.goto((await startPlayground()) + path)
    return [page, faults]
  }

  it('the code for React is shown as it stands, and runs', async () => {
    const [page, faults] = await open('/chat/workshop')
    await page.locator('.panel').getByRole('radio', { name: 'React' }).check()
    const text = readFileSync(new URL('../../playground/src/chat/react.tsx', import.meta.url), 'utf8').trimEnd()
    await expect.poll(() => page.locator('.panel pre').textContent()).toBe(text)
    await page.locator('.index a[href="/chat/lobby"]').click()
    await page.getByRole('textbox', { name: 'Message to lobby' }).fill('to be read twice')
    await page.getByRole('button', { name: 'Send' }).click()
    await page.locator('.running li').getByText('to be read twice').waitFor()
    expect(faults).toEqual([])
  })

  it('a drawer shows what comes over the wire, and how the client found its way', async () => {
    const [page, faults] = await open('/')
    await page.getByRole('button', { name: 'On the wire' }).click()
    const drawer = page.getByRole('complementary', { name: 'On the wire' })
    await drawer.getByText(/: proven in \d+ ms/).waitFor()
    await drawer.getByText('proof/line').first().waitFor()
    await page.evaluate(axe)
    const { violations } = (await page.evaluate(`axe.run('.wire', { resultTypes: ['violations'] })`)) as AxeResults
    expect(violations.map(({ id }) => id)).toEqual([])
    await page.keyboard.press('Escape')
    await drawer.waitFor({ state: 'detached' })
    expect(faults).toEqual([])
  })
})
