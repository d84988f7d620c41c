/** The chat of `examples/chat`: two pages see each other, and what is said while the server is away is not lost. */
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumHere, patienceMs } from '../support/browsers/installed.js'
import { freePort } from '../support/free-port.js'
import { Program } from '../support/program.js'

const start = (port: number) => new Program('scripts/run.js', ['chat', '--port', String(port)])

async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel('Message').fill(text)
  await page.getByRole('button', { name: 'Send' }).click()
}

/** The lines of the room, without their times. */
const lines = (page: Page) => page.locator('#log li.said span').allTextContents()

describe('the chat in Chromium', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await chromium.launch(chromiumHere)
  })
  afterAll(() => browser?.close())

  /** A page of somebody's, with a storage of its own. */
  async function enter(url: string, name: string): Promise<Page> {
    const page = await browser.newPage({ viewport: { width: 900, height: 600 } })
    page.setDefaultTimeout(patienceMs)
    await page.goto(url)
    await page.getByLabel('Your name').fill(name)
    await expect.poll(() => page.locator('#state').textContent()).toBe('online by websocket')
    return page
  }

  it('shows each what the other says, room by room', async () => {
    const url = await start(0).listening()
    const [ann, bob] = await Promise.all([enter(url, 'Ann'), enter(url, 'Bob')])
    await say(ann, 'Hello, <b>Bob</b>')
    await expect.poll(() => lines(bob)).toEqual(['Hello, <b>Bob</b>'])
    await say(bob, 'Hello, Ann')
    await expect.poll(() => lines(ann)).toEqual(['Hello, <b>Bob</b>', 'Hello, Ann'])
    await bob.getByRole('link', { name: 'music' }).click()
    await expect.poll(() => lines(bob)).toEqual([])
    await say(bob, 'la la')
    await expect.poll(() => lines(bob)).toEqual(['la la'])
    await ann.goto(`${url}/#music`)
    await expect.poll(() => lines(ann)).toEqual(['la la'])
    await expect.poll(() => ann.locator('li.mine').count()).toBe(0)
    await expect.poll(() => bob.locator('li.mine').count()).toBe(1)
  })

  it('sends what was said while the server was away', async () => {
    // No other program is given it while the server is away.
    const port = await freePort()
    const server = start(port)
    const url = await server.listening()
    const [ann, bob] = await Promise.all([enter(url, 'Ann'), enter(url, 'Bob')])
    await server.stop('SIGKILL')
    await expect.poll(() => ann.locator('#state').textContent()).toMatch(/^offline/)
    await say(ann, 'Are you there?')
    await expect.poll(() => ann.locator('li.waiting').count()).toBe(1)
    await start(port).listening()
    await expect.poll(() => lines(bob)).toEqual(['Are you there?'])
    await expect.poll(() => lines(ann)).toEqual(['Are you there?'])
    await expect.poll(() => ann.locator('li.waiting').count()).toBe(0)
  })
})
