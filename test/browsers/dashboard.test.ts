/** The dashboard of the internal port in Chromium: what it shows, what it lets do, and what it never does. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import type { AxeResults } from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type AdminOptions, createAdmin } from '../../src/admin/index.js'
import { createHub, type Hub } from '../../src/index.js'
import { faultsOf } from '../playground/tab.js'
import { chromiumHere } from '../support/browsers/installed.js'
import { deferred } from '../support/core/deferred.js'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
/** A name that would be a page's own if it were not shown as text. */
const hostile = '<img src=x onerror="globalThis.hit=1"><b>&amp;'

let browser: Browser
beforeAll(async () => {
  browser = await chromium.launch(chromiumHere)
})
afterAll(() => browser?.close())

async function world(admin: AdminOptions = {}) {
  const drained = { count: 0 }
  const hub = createHub({ statistics: true, onError: () => undefined, onDrain: () => drained.count++ })
  onTestFinished(() => hub.close({ graceMs: 0 }))
  const server = createServer(createAdmin(hub, admin)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close().closeAllConnections())
  return { hub, drained, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/$/admin` }
}

/** Reads a channel in the server's program until it is ended. */
function read(hub: Hub, channel: string): void {
  const stop = new AbortController()
  onTestFinished(() => stop.abort())
  hub
    .subscribe(channel, { signal: stop.signal })
    .next()
    .catch(() => undefined)
}

async function open(url: string, options: Parameters<Browser['newPage']>[0] = {}): Promise<[Page, string[]]> {
  const page = await browser.newPage(options)
  onTestFinished(() => page.close())
  const faults = await faultsOf(page)
  await page.goto(url)
  return [page, faults]
}

const yes = (page: Page, name: string) => page.getByRole('dialog').getByRole('button', { name }).click()

describe('the dashboard', () => {
  it.each(['nodes', 'channels', 'readers'])(
    '%s has no serious fault of access, light or dark, large or small',
    async (name) => {
      const { hub, url } = await world()
      read(hub, 'rooms/1')
      const [page, faults] = await open(`${url}#${name}`)
      await page.getByRole('heading', { level: 1, name: new RegExp(name, 'i') }).waitFor()
      await page
        .locator(name === 'nodes' ? '.figure .value' : '.choose')
        .first()
        .waitFor()
      if (name !== 'nodes') await page.locator('.choose').first().click()
      await page.evaluate(axe)
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        for (const width of [1_280, 390, 320]) {
          await page.setViewportSize({ width, height: 800 })
          const { violations } = (await page.evaluate(`axe.run({ resultTypes: ['violations'] })`)) as AxeResults
          const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
          expect(serious.map(({ id, nodes }) => [id, nodes.map(({ html }) => html.slice(0, 120))])).toEqual([])
          expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
        }
      }
      expect(faults).toEqual([])
    },
  )

  it('shows names as text, finds what is searched for, and publishes, trims and deletes after a question', async () => {
    const { hub, url } = await world()
    for (const name of [`${hostile}/a`, 'rooms/1']) read(hub, name)
    await hub.publishBatch('rooms/1', [{ data: 1 }, { data: 2 }, { data: 3 }])
    const [page, faults] = await open(`${url}#channels`)
    await page.getByRole('button', { name: `${hostile}/a` }).click()
    await page.getByRole('heading', { level: 2, name: `${hostile}/a` }).waitFor()
    await page.getByLabel('Name contains').fill('ROOMS')
    await expect.poll(() => page.locator('.choose').allTextContents()).toEqual(['rooms/1'])
    await page.getByRole('button', { name: 'rooms/1' }).click()
    await page.getByRole('button', { name: 'Publish', exact: true }).click()
    await page.getByLabel('Message (JSON, or a text)').fill('{"a":1}')
    await yes(page, 'Publish')
    const data = async () => (await hub.history('rooms/1')).messages.map((message) => message.data)
    await expect.poll(data).toEqual([1, 2, 3, { a: 1 }])
    await page.getByRole('button', { name: 'Trim', exact: true }).click()
    await page.getByLabel('Messages that stay').fill('2')
    await yes(page, 'Trim it')
    await expect.poll(data).toEqual([3, { a: 1 }])
    await page.getByRole('button', { name: 'Delete', exact: true }).click()
    expect(await data()).toHaveLength(2)
    await yes(page, 'Delete it')
    await expect.poll(data).toEqual([])
    expect([faults, await page.evaluate('globalThis.hit')]).toEqual([[], undefined])
  })

  it('asks the next question, though the one before it is just being closed, or answered late', async () => {
    const { hub, url } = await world()
    read(hub, 'rooms/1')
    const [page, faults] = await open(`${url}#channels`)
    await page.getByRole('button', { name: 'rooms/1' }).click()
    const button = (name: string) => page.getByRole('button', { name, exact: true })
    const late = deferred()
    await page.route('**/api/trim', async (route) => {
      await late.promise
      await route.continue()
    })
    await button('Trim').click()
    await yes(page, 'Trim it')
    const [cancel, next] = [await button('Cancel').elementHandle(), await button('Delete').elementHandle()]
    // In one turn: the browser tells of a dialog that was closed in a later one.
    await page.evaluate((both) => both.map((one) => (one as HTMLElement).click()), [cancel, next])
    await page.getByRole('dialog', { name: 'Delete it' }).waitFor()
    late.resolve()
    await page.getByText('"rooms/1" was trimmed.').waitFor()
    await yes(page, 'Delete it')
    await page.getByText('"rooms/1" was deleted.').or(page.getByText('There was no "rooms/1".')).waitFor()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(faults).toEqual([])
  })

  it('lets a node leave, and disconnects who reads, after a question', async () => {
    const { hub, url, drained } = await world()
    read(hub, 'rooms/1')
    const [page] = await open(`${url}#nodes`)
    await page.getByRole('button', { name: 'Drain' }).click()
    expect(drained.count).toBe(0)
    await yes(page, 'Drain it')
    await expect.poll(() => drained.count).toBe(1)
    await page.goto(`${url}#channels`)
    await page.getByRole('button', { name: 'rooms/1' }).click()
    await page.getByRole('button', { name: 'Disconnect readers' }).click()
    await yes(page, 'Disconnect them')
    await expect.poll(() => [...hub.inspect().readers()].some(({ channel }) => channel === 'rooms/1')).toBe(false)
  })

  it('asks for the token where the port wants one, and keeps it in the tab alone', async () => {
    const { url } = await world({ token: 'a-token-of-some-length' })
    const [page] = await open(url)
    const token = page.getByRole('textbox', { name: 'Token' })
    await token.fill('another-token')
    const refused = page.waitForResponse((answer) => answer.status() === 401)
    await page.getByRole('button', { name: 'Show it' }).click()
    await refused
    await expect.poll(() => token.inputValue()).toBe('') // it is asked for anew
    await token.fill('a-token-of-some-length')
    await page.getByRole('button', { name: 'Show it' }).click()
    await page.locator('.figure .value').first().waitFor()
    expect(await page.evaluate('JSON.stringify({ ...localStorage })')).not.toContain('a-token-of-some-length')
  })

  it('is served with a policy that lets nothing in, and to nobody by another name', async () => {
    const { url } = await world()
    const answer = await fetch(url)
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'")
    expect(await answer.text()).not.toMatch(/<script>|style=|onload/)
    expect((await fetch(url, { headers: { origin: 'https://evil.example' } })).status).toBe(403)
    expect((await fetch(`${url}/app.map`)).status).toBe(404)
    expect((await fetch(url, { method: 'POST' })).status).toBe(405)
  })
})
