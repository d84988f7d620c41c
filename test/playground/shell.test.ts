/** What holds for every page of the playground: light to load, usable by everybody, and under a strict policy. */
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { gzipSync } from 'node:zlib'
import type { AxeResults } from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { paths } from '../../playground/paths.js'
import { chromiumHere } from '../support/browsers/installed.js'
import { Program } from '../support/program.js'
import { faultsOf, startPlayground } from './tab.js'

const patient = { timeout: 15_000 }
/** Pages that do not use the client. */
const idle = new Set(['/news', '/images'])
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const built = new URL('../../playground/dist/client/', import.meta.url)

describe('the playground', { timeout: 60_000 }, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await chromium.launch(chromiumHere)
  }, 60_000)
  afterAll(() => browser?.close())

  async function open(url: string, options: Parameters<Browser['newPage']>[0] = {}): Promise<[Page, string[]]> {
    const page = await browser.newPage(options)
    onTestFinished(() => page.close())
    const faults = await faultsOf(page)
    await page.goto(url)
    const state = idle.has(new URL(url).pathname) ? 'needs no line' : 'connected'
    await expect.poll(() => page.locator('.connection [role=status]').textContent(), patient).toBe(state)
    return [page, faults]
  }

  it.each(paths)(
    '%s has no serious fault of access, no error and no breach of its policy, light or dark, large or small',
    async (path) => {
      const [page, faults] = await open((await startPlayground()) + path)
      // On a wide screen it is open.
      await page.locator('.panel pre').waitFor()
      await page.evaluate(axe)
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        for (const viewport of [
          { width: 1280, height: 800 },
          { width: 390, height: 844 },
          { width: 320, height: 700 },
        ]) {
          await page.setViewportSize(viewport)
          const { violations } = (await page.evaluate(`axe.run({ resultTypes: ['violations'] })`)) as AxeResults
          const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
          expect(serious.map(({ id, nodes }) => [id, nodes.map(({ html }) => html.slice(0, 120))])).toEqual([])
          expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
        }
      }
      expect(faults).toEqual([])
    },
  )

  it('loads less than 150 KiB at first', async () => {
    const [page] = await open(await startPlayground())
    const names: string[] = await page.evaluate(
      `performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname.slice(1))`,
    )
    // What its worker loads is not told to the page.
    const workers = readdirSync(new URL('assets/', built))
      .filter((name) => /^(worker|core)-/.test(name))
      .map((name) => `assets/${name}`)
    const files = new Set(['index.html', ...names.filter((name) => name.startsWith('assets/')), ...workers])
    const sizes = [...files].map((name) => gzipSync(readFileSync(new URL(name, built))).length)
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(150 * 1024)
    expect([...files].some((name) => /page-.*\.js/.test(name))).toBe(true)
  })

  it('goes from page to page by the keyboard, and tells where one is', async () => {
    const [page] = await open(await startPlayground())
    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.textContent.trim()')).toBe('Skip to the page')
    await page.getByRole('link', { name: 'Chat', exact: true }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Chat', level: 1 }).waitFor()
    expect(await page.evaluate('document.activeElement.id')).toBe('main')
    expect(await page.locator('nav [aria-current=page]').textContent()).toContain('Chat')
    await page.goBack()
    await page.getByRole('heading', { name: 'One channel, any wire.' }).waitFor()
    expect(await page.title()).toBe('Anywire')
  })

  it('shows the code that runs beside the page, and commands that read the same channel', async () => {
    const origin = await startPlayground()
    const [page] = await open(`${origin}/chat/lobby`)
    const code = page.locator('.panel pre')
    const files = [
      ['Server', 'server/chat.ts'],
      ['Page', 'src/chat/room.ts'],
    ] as const
    for (const [name, file] of files) {
      await page.locator('.panel').getByRole('radio', { name }).check()
      const text = readFileSync(new URL(`../../playground/${file}`, import.meta.url), 'utf8').trimEnd()
      await expect.poll(() => code.textContent(), patient).toBe(text)
    }
    await page.locator('.panel').getByRole('radio', { name: 'curl' }).check()
    await expect.poll(() => code.textContent(), patient).toContain('curl -N')
    for (const [, url] of (await code.textContent())?.matchAll(/curl '([^']+last-1)'/g) ?? [])
      expect((await fetch(String(url))).status).toBe(200)
  })

  it('leads back to where a page was left', async () => {
    const [page] = await open(await startPlayground())
    const link = page.locator('.scenarios a[href="/feed"]')
    // Where the page stood when the click came: what loads late may move it until then.
    await page.evaluate(`addEventListener('click', () => (globalThis.left = scrollY), { capture: true, once: true })`)
    await link.click()
    await page.getByRole('heading', { name: 'Feed', level: 1 }).waitFor()
    const left = await page.evaluate('left')
    expect(left).toBeGreaterThan(100)
    expect(await page.evaluate('scrollY')).toBe(0)
    await page.goBack()
    await expect.poll(() => page.evaluate('scrollY'), patient).toBe(left)
  })

  it('knows where a page was left, though it was left in the frame in which it was scrolled', async () => {
    const [page] = await open(await startPlayground())
    await page.evaluate(`scrollTo(0, 500); document.querySelector('.scenarios a[href="/feed"]').click()`)
    await page.getByRole('heading', { name: 'Feed', level: 1 }).waitFor()
    await page.goBack()
    await expect.poll(() => page.evaluate('scrollY'), patient).toBe(500)
  })

  it('shows the switch in every window as the last of them has set it', async () => {
    const context = await browser.newContext()
    onTestFinished(() => context.close())
    const [page, other] = [await context.newPage(), await context.newPage()]
    const origin = await startPlayground()
    for (const one of [page, other]) {
      await one.goto(origin)
      await expect.poll(() => one.locator('.connection [role=status]').textContent(), patient).toBe('connected')
    }
    const isOn = () => other.getByRole('switch', { name: 'Network' }).getAttribute('aria-checked')
    for (const [is, state] of [
      ['false', 'offline'],
      ['true', 'connected'],
    ] as const) {
      await page.getByRole('switch', { name: 'Network' }).click()
      await expect.poll(isOn, patient).toBe(is)
      await expect.poll(() => other.locator('.connection [role=status]').textContent(), patient).toBe(state)
    }
  })

  it('tells what is chosen in forced colours too', async () => {
    const [page] = await open(`${await startPlayground()}/whiteboard/lobby`, { forcedColors: 'active' })
    const colours: string[] = await page.evaluate(
      `[...document.querySelectorAll('.choice input')].map((one) => [one.checked, getComputedStyle(one.nextElementSibling).backgroundColor].join())`,
    )
    const [chosen] = colours.filter((one) => one.startsWith('true')).map((one) => one.slice(5))
    expect(chosen).toBeDefined()
    for (const one of colours.filter((other) => other.startsWith('false'))) expect(one.slice(6)).not.toBe(chosen)
  })

  it('copies its link, and says how a phone gets in', async () => {
    const [page] = await open(`${await startPlayground()}/news`)
    await page.getByRole('button', { name: 'Share' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('npm start -- --lan').waitFor()
    await dialog.getByRole('button', { name: /^Copy link/ }).click()
    await dialog.getByRole('button', { name: /^Copied/ }).waitFor()
    const second = page.waitForEvent('popup')
    await dialog.getByRole('button', { name: 'Open a second window' }).click()
    expect((await second).url()).toBe(page.url())
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
  })

  it('opens its navigation as a menu on a phone', async () => {
    const [page] = await open(await startPlayground(), { viewport: { width: 390, height: 844 } })
    const link = page.getByRole('link', { name: 'Ticker', exact: true })
    expect(await link.isVisible()).toBe(false)
    await page.getByRole('button', { name: 'The proof' }).click()
    await link.click()
    await page.getByRole('heading', { name: 'Ticker', level: 1 }).waitFor()
    expect(await link.isVisible()).toBe(false)
  })

  it('shows this machine, goes on after a cut where it stood, and keeps the theme', async () => {
    const origin = await startPlayground()
    const [page] = await open(origin)
    await expect.poll(() => page.locator('.figure').count(), patient).toBe(5)
    await page.getByRole('switch', { name: 'Network' }).click()
    await expect.poll(() => page.locator('.connection [role=status]').textContent(), patient).toBe('offline')
    await page.getByRole('switch', { name: 'Network' }).click()
    await expect.poll(() => page.locator('.connection [role=status]').textContent(), patient).toBe('connected')
    await page.getByRole('button', { name: /^Theme/ }).click()
    await page.getByRole('button', { name: /^Theme: light/ }).click()
    await page.reload()
    expect(await page.evaluate('document.documentElement.dataset.theme')).toBe('dark')
  })

  it('tells of what went wrong, until one has seen it', async () => {
    const program = new Program('scripts/run.js', ['playground', '--port', '0'])
    const [page] = await open(await program.listening())
    await program.stop('SIGTERM')
    await page.getByRole('switch', { name: 'Network' }).click()
    await page.getByRole('alert').getByText('The server does not answer. Is it running?').waitFor()
    await page.getByRole('button', { name: 'Dismiss this notice' }).click()
    await expect.poll(() => page.getByRole('alert').textContent(), patient).toBe('')
  })

  it('answers 404 for what it does not have, and lets nothing inline into its pages', async () => {
    const origin = await startPlayground()
    const page = await fetch(`${origin}/chat/lobby`)
    expect(page.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; script-src 'self'; worker-src 'self'/,
    )
    expect(await page.text()).not.toMatch(/<script(?![^>]* src=)|<style|\sstyle=|\son\w+=/)
    const moved = await fetch(`${origin}/index.html`, { redirect: 'manual' })
    expect([moved.status, moved.headers.get('location')]).toEqual([308, '/'])
    const missing = [
      '/nowhere',
      '/chat/nosuch',
      '/ticker/x',
      '/chat/lobby/x',
      '/server.js',
      '/../server.js',
      '/%2e%2e/server.js',
      '/assets/',
      '/package.json',
    ]
    for (const path of missing) expect((await fetch(origin + path)).status, path).toBe(404)
  })
})
