/** The first-run page: what it serves, and what it shows in Chromium. */
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Program } from './program.js'

async function system(): Promise<string> {
  return new Program('scripts/run.js', ['system', '--port', '0']).listening()
}

describe('the example of this machine', () => {
  it('publishes five figures a second, the newest of each in a snapshot', async () => {
    const url = `${await system()}/channels/system/figures`
    const first = (await (await fetch(`${url}?live=poll`)).json()) as { figure: string; number: number }[]
    expect(first.map(({ figure }) => figure)).toEqual(['cpu', 'memory', 'load', 'network', 'process'])
    const [second, snapshot] = await Promise.all([fetch(`${url}?live=poll`), fetch(`${url}?offset=snapshot`)])
    expect(((await second.json()) as typeof first).map(({ number }) => number)).toEqual(
      first.map(({ number }) => number + 5),
    )
    expect(await snapshot.json()).toHaveLength(5)
  })

  it('takes what is said in the chat, and refuses what is none', async () => {
    const url = `${await system()}/channels/chat`
    const say = (said: unknown) =>
      fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(said) })
    expect((await say({ name: 'Ann', text: 'Hello' })).status).toBe(204)
    expect((await say({ name: 'Ann', text: '' })).status).toBe(422)
    expect(await (await fetch(url)).json()).toEqual([{ name: 'Ann', text: 'Hello', at: expect.any(Number) }])
  })

  it('lets nobody publish figures', async () => {
    const url = `${await system()}/channels/system/figures`
    expect(
      (await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '1' })).status,
    ).toBe(403)
  })

  it('serves its page under a strict policy, and no other files', async () => {
    const url = await system()
    const page = await fetch(url)
    expect(page.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self';/,
    )
    expect(await page.text()).not.toMatch(/<script(?![^>]* src=)|<style|\sstyle=|\son\w+=/)
    for (const path of ['/server.js', '/../server.js', '/%2e%2e/server.js', '/public/', '/tsconfig.json'])
      expect((await fetch(url + path)).status).toBe(404)
  })
})

const patient = { timeout: 15_000 }

describe('its page in Chromium', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
    })
  }, 60_000)
  afterAll(() => browser?.close())

  const card = (page: Page, name: string) =>
    page.locator('.lane', { has: page.getByRole('heading', { name, exact: true }) })
  const names = ['WebSocket', 'anywire.v1', 'EventSource', 'Durable SSE', 'Long poll', 'Plain poll']

  it('reads over every transport, and catches up on those that keep their position', { timeout: 60_000 }, async () => {
    const page = await browser.newPage()
    const faults: string[] = []
    page.on('pageerror', (error) => faults.push(error.message))
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()))
    const url = await system()
    const texts = (selector: string) => page.locator(selector).allTextContents()
    await page.goto(url)
    await expect.poll(() => texts('.state'), patient).toEqual(names.map(() => 'open'))
    await expect
      .poll(async () => Math.min(...(await texts('[data-number=messages]')).map(Number)), patient)
      .toBeGreaterThan(5)
    for (const name of names) await card(page, name).getByRole('button').click()
    for (let seconds = 0; seconds < 2; seconds++) await fetch(`${url}/channels/system/figures?live=poll`)
    for (const name of names) await card(page, name).getByRole('button').click()
    const caughtUp = expect.stringMatching(/^Caught up [1-9]\d* messages, none lost, none twice\.$/)
    const missed = expect.stringMatching(/^\d+ messages passed meanwhile: this form keeps no position\.$/)
    await expect.poll(() => texts('.note'), patient).toEqual([missed, caughtUp, caughtUp, caughtUp, caughtUp, missed])
    expect(faults).toEqual([])
  })

  it('shows what is said as text', async () => {
    const page = await browser.newPage()
    await page.goto(await system())
    await page.getByLabel('Message').fill('<img src=x onerror=alert(1)>')
    await page.getByRole('button', { name: 'Send' }).click()
    await expect.poll(() => page.locator('#talk li').textContent(), patient).toContain('<img src=x onerror=alert(1)>')
  })
})
