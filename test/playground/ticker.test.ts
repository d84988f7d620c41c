/** The ticker in Chromium: a free main thread, and the newest price in every row. */
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { chromiumHere } from '../support/browsers/installed.js'
import { tasksWhile } from '../support/browsers/tasks.js'
import { type Browser, expectTexts, launchChromium, setNetwork, startPlayground, type Tab } from './tab.js'

/** What every row shows, read by scrolling through all of them. */
const shown = `async () => {
  const prices = {}
  const box = document.querySelector('.rows')
  for (let first = 0; first < 500; first += 10) {
    box.scrollTop = first * 40
    // Numbered from 1, below the head.
    const last = '[aria-rowindex="' + (first + 11) + '"] [data-cell=price]'
    while (!box.querySelector(last)?.textContent) await new Promise((resolve) => setTimeout(resolve, 5))
    for (const row of box.querySelectorAll('[data-symbol]')) prices[row.dataset.symbol] = row.querySelector('[data-cell=price]').textContent
  }
  return prices
}`

describe('the ticker', () => {
  let browser: Browser
  let origin: string
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser?.close())

  async function opened(count: number): Promise<Tab[]> {
    origin = await startPlayground()
    const tabs = await Promise.all(Array.from({ length: count }, () => browser.open(`${origin}/ticker`)))
    for (const tab of tabs) {
      onTestFinished(() => tab.close())
      await expect.poll(() => tab.call(`() => document.querySelectorAll('[data-symbol]').length`)).toBeGreaterThan(10)
    }
    return tabs
  }

  /** The newest price of each instrument, as the server has it. */
  async function newest(): Promise<Record<string, string>> {
    const response = await fetch(`${origin}/channels/ticker/prices?offset=snapshot`)
    const prices = (await response.json()) as { symbol: string; price: number }[]
    return Object.fromEntries(prices.map(({ symbol, price }) => [symbol, price.toFixed(2)]))
  }

  it('promise: no task of the page takes over 50 ms while 10,000 updates a second arrive', async () => {
    const origin = await startPlayground()
    const traced = await chromium.launch(chromiumHere)
    onTestFinished(() => traced.close())
    const page = await traced.newPage()
    await page.goto(`${origin}/ticker`)
    await page.getByRole('radio', { name: 'Every update' }).click()
    const received = page.locator('.figures .value').nth(1)
    await expect.poll(async () => Number((await received.textContent())?.replace(',', ''))).toBeGreaterThan(7_000)
    const tasks = await tasksWhile(traced, page, async () => {
      for (let i = 0; i < 30; i++) {
        await page.locator('.rows').evaluate((rows) => rows.scrollBy(0, 90))
        await page.waitForTimeout(100)
      }
    })
    expect(tasks.length).toBeGreaterThan(100)
    expect(tasks[0]).toBeLessThan(50)
  })

  it('shows the newest price in every row of every page when the market rests, after a cut too', async () => {
    const [all, few] = (await opened(2)) as [Tab, Tab]
    await all.click('.choice label:first-child')
    await few.click('.choice label:last-child')
    await setNetwork(all, 'cut')
    await setNetwork(few, 'cut')
    await setNetwork(all, 'open')
    await setNetwork(few, 'open')
    await all.click('.wishes .button')
    await all.click('.asking .main')
    await expectTexts(few, '.wishes .button').toEqual(['Open the market again'])
    const prices = await newest()
    expect(Object.keys(prices)).toHaveLength(500)
    await Promise.all([all, few].map((tab) => expect.poll(() => tab.call(shown)).toEqual(prices)))
    expect(await newest()).toEqual(prices)
  })
})
