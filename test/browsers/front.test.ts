/** The page at `/` of `anywire serve` in Chromium and Firefox: what it shows and does, and what it says of refusals. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { ServeConfig } from '../../src/config/schema.js'
import type { HubOptions } from '../../src/index.js'
import { faultsOf } from '../playground/tab.js'
import { launchFirefox } from '../support/browsers/firefox.js'
import { chromiumHere } from '../support/browsers/installed.js'
import { serveFront } from '../support/front.js'
import { opener } from './facts.js'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
/** What would be a page's own if it were not shown as text. */
const hostile = '<img src=x onerror="globalThis.hit=1"><b>&amp;'

let browser: Browser
beforeAll(async () => {
  browser = await chromium.launch(chromiumHere)
})
afterAll(() => browser?.close())

async function world(options?: HubOptions, config?: ServeConfig) {
  const { hub, port } = await serveFront(options, config)
  return { hub, url: `http://127.0.0.1:${port}/` }
}

async function open(url: string): Promise<[Page, string[]]> {
  const page = await browser.newPage()
  onTestFinished(() => page.close())
  const faults = await faultsOf(page)
  await page.goto(url)
  return [page, faults]
}

const lines = (page: Page) => page.locator('.tail code').allTextContents()

describe('the page at / in Chromium', () => {
  it('shows what is published, publishes, and lists who reads; names and data are text', async () => {
    const { hub, url } = await world()
    await hub.publish('news', { text: hostile })
    const [page, faults] = await open(url)
    await expect.poll(() => lines(page)).toEqual([JSON.stringify({ text: hostile })])
    await page.getByLabel('Message (JSON, or a text)').fill('Hello')
    await page.getByRole('button', { name: 'Publish', exact: true }).click()
    await expect.poll(() => lines(page)).toEqual(['Hello', JSON.stringify({ text: hostile })])
    await page.getByText('Stored, at').waitFor()
    expect((await hub.history('news')).messages.at(-1)?.data).toBe('Hello')
    await page.getByRole('textbox', { name: 'Channel' }).fill(`${hostile}/1`)
    await page.getByRole('button', { name: `${hostile}/1` }).waitFor()
    await page.getByRole('heading', { name: `Live: ${hostile}/1` }).waitFor()
    await page.reload()
    await page.getByRole('heading', { name: `Live: ${hostile}/1` }).waitFor()
    expect([faults, await page.evaluate('globalThis.hit')]).toEqual([[], undefined])
  })

  it('shows lines for a terminal that are right for this address and channel', async () => {
    const { url } = await world()
    const [page] = await open(`${url}#/${encodeURIComponent("it's/né")}`)
    const commands = page.locator('.command code')
    await expect
      .poll(() => commands.allTextContents())
      .toEqual([
        `curl -H 'Content-Type: application/json' -d '{"text":"Hello"}' '${url}channels/it'\\''s/n%C3%A9'`,
        `curl '${url}channels/it'\\''s/n%C3%A9?offset=-1'`,
        `curl -N -H 'Accept: text/event-stream' '${url}channels/it'\\''s/n%C3%A9?offset=-1'`,
      ])
    await page.getByRole('button', { name: 'Copy Read all' }).click()
    await page.getByRole('button', { name: 'Copied' }).waitFor()
  })

  it('says what the visitor may not read and may not publish', async () => {
    const { url } = await world({ rules: { 'board/*': { publish: false }, 'secret/*': { subscribe: false } } })
    const [page] = await open(`${url}#/board%2F1`)
    await page.getByRole('button', { name: 'Publish', exact: true }).click()
    await page.getByText('You may not publish to "board/1".').waitFor()
    await page.getByRole('textbox', { name: 'Channel' }).fill('secret/1')
    await page.getByText('You may not read "secret/1".').waitFor()
  })

  it('asks for a token where the server does, and reads with it; the tab keeps none', async () => {
    const authenticate: HubOptions['authenticate'] = (credential) =>
      credential?.token === 'the-token' ? { id: 'ann' } : null
    const { hub, url } = await world({ authenticate }, { authenticate })
    await hub.publish('news', 'for ann')
    const [page] = await open(url)
    await page.getByText('so this page lists no channels').waitFor()
    await page.locator('.command code').first().filter({ hasText: '"Authorization: Bearer $TOKEN"' }).waitFor()
    await page.getByLabel('Token').fill('the-token')
    await page.getByRole('button', { name: 'Use it' }).click()
    await expect.poll(() => lines(page)).toEqual(['for ann'])
    const kept = await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href])')
    expect(kept).not.toContain('the-token')
  })

  it.each(['light', 'dark'] as const)(
    'has no fault of access that axe knows, %s, large or small',
    async (colorScheme) => {
      const { hub, url } = await world()
      await hub.publish('news', { text: 'Hello '.repeat(60) })
      const [page, faults] = await open(url)
      await page.emulateMedia({ colorScheme })
      await page.locator('.choose').first().waitFor()
      await expect.poll(async () => (await lines(page)).length).toBe(1)
      await page.evaluate(axe)
      for (const width of [1_440, 390, 320]) {
        await page.setViewportSize({ width, height: 800 })
        const { violations } = (await page.evaluate(`axe.run({ resultTypes: ['violations'] })`)) as AxeResults
        expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html.slice(0, 120))])).toEqual([])
        await expect.poll(() => page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
      }
      expect(faults).toEqual([])
    },
  )
})

describe('the page at / in Firefox', () => {
  const openFirefox = opener(launchFirefox)

  it('shows what is published, and publishes', async () => {
    const { hub, url } = await world()
    await hub.publish('news', 1)
    const page = await openFirefox(url)
    const shown = () =>
      page.call<string[]>("(() => Array.from(document.querySelectorAll('.tail code'), (one) => one.textContent))")
    await expect.poll(shown).toEqual(['1'])
    await page.call("(() => document.querySelector('form.line').requestSubmit())")
    await expect.poll(shown).toEqual(['{"text":"Hello"}', '1'])
    await expect.poll(() => page.call('(() => document.documentElement.scrollWidth <= innerWidth)')).toBe(true)
  })
})
