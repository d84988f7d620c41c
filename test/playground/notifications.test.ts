/** Notifications in Chromium: private to a visitor, the same in every tab and on every device of theirs. */
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { patienceMs } from '../support/browsers/installed.js'
import { startPlayground, watchPolicy } from './tab.js'

describe('notifications', () => {
  let browser: Browser
  let origin: string
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] })
  })
  afterAll(() => browser?.close())
  beforeEach(async () => {
    origin = await startPlayground()
  })

  const faults: string[] = []

  /** A browser of somebody's own; or another device of somebody who has one already. */
  async function device(name: string, of?: BrowserContext): Promise<BrowserContext> {
    const context = await browser.newContext()
    onTestFinished(() => context.close())
    // Who waits in vain says for what.
    context.setDefaultTimeout(patienceMs)
    if (of) await context.addCookies(await of.cookies())
    await context.addInitScript((given) => localStorage.setItem('name', given), name)
    await context.addInitScript(watchPolicy)
    return context
  }

  async function open(context: BrowserContext, path = '/notifications'): Promise<Page> {
    const page = await context.newPage()
    page.on('pageerror', ({ message }) => faults.push(message))
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()))
    await page.goto(origin + path)
    await expect.poll(() => page.locator('.connection [role=status]').textContent()).toBe('connected')
    return page
  }

  const unread = async (page: Page) => {
    const [count = '0'] = await page.locator('nav .badge [aria-hidden]').allTextContents()
    return count
  }
  const expectUnread = (page: Page, count: string) => expect.poll(() => unread(page)).toBe(count)
  const titles = (page: Page) => page.locator('.notices h3').allTextContents()
  const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
  const tell = async (page: Page, to: string, text: string) => {
    await page.getByLabel('Say').fill(text)
    await button(page, `Tell ${to}`).click()
  }

  it('count the same in every tab and on every device, and are read in all when read in one', async () => {
    const laptop = await device('Ann')
    const page = await open(laptop)
    const tab = await open(laptop, '/scores')
    const phone = await open(await device('Ann', laptop))
    const bob = await open(await device('Bob'))
    await tell(bob, 'Ann', 'one')
    await tell(bob, 'Ann', 'two')
    await tell(bob, 'Ann', 'three')
    for (const one of [page, tab, phone]) await expectUnread(one, '3')
    await expect.poll(() => tab.title()).toBe('(3) Scores · Anywire')
    await phone
      .getByRole('button', { name: /^Mark "From Bob" .* read$/ })
      .last()
      .click()
    for (const one of [page, tab, phone]) await expectUnread(one, '2')
    await expect
      .poll(() => page.locator('[data-read=true]').allTextContents())
      .toEqual([expect.stringContaining('one')])
    await button(page, 'Mark all read').click()
    for (const one of [page, tab, phone]) await expectUnread(one, '0')
    await expect.poll(() => tab.title()).toBe('Scores · Anywire')
    expect(await unread(bob)).toBe('0')
    expect(faults).toEqual([])
  })

  it('are nobody else’s: who is not the visitor is refused, whatever they ask for', async () => {
    const [ann, bob] = [await device('Ann'), await device('Bob')]
    const pages = [await open(ann), await open(bob)] as const
    await tell(pages[1], 'Ann', 'for you only')
    await expectUnread(pages[0], '1')
    const me = (await ann.cookies()).find(({ name }) => name === 'me')?.value
    const ask = (page: Page, channel: string, query: string, body?: unknown) =>
      page.evaluate(
        async ([url, text]) => {
          const headers = { 'content-type': 'application/json' }
          const response = await fetch(url!, text ? { method: 'POST', headers, body: text } : {})
          return [response.status, await response.text()] as const
        },
        [`/channels/${channel}/${me}?${query}`, body ? JSON.stringify(body) : ''],
      )
    expect(await ask(pages[0], 'notices', 'offset=-1')).toEqual([200, expect.stringContaining('for you only')])
    const asked: readonly Parameters<typeof ask>[] = [
      [pages[1], 'notices', 'offset=-1'],
      [pages[1], 'notices', 'live=sse&offset=-1'],
      [pages[1], 'notices', 'live=poll'],
      [pages[1], 'notices', '', { title: 'forged' }],
      [pages[0], 'notices', '', { title: 'forged' }],
      [pages[1], 'marks', 'offset=snapshot'],
      [pages[1], 'marks', '', { offset: 'x', all: true }],
    ]
    for (const one of asked) {
      const [status, text] = await ask(...one)
      expect(status).toBe(403)
      expect(text).not.toContain('for you only')
    }
    const guest = await fetch(`${origin}/channels/notices/${me}?offset=-1`)
    expect(guest.status).toBe(403)
    await expectUnread(pages[0], '1')
  })

  it('come in once when the network was cut meanwhile, and what was read then is read everywhere', async () => {
    const laptop = await device('Ann')
    const page = await open(laptop)
    const bob = await open(await device('Bob'))
    await tell(bob, 'Ann', 'before')
    await expectUnread(page, '1')
    await page.getByRole('switch', { name: 'Network' }).click()
    await expect.poll(() => page.locator('.connection [role=status]').textContent()).toBe('offline')
    // Asked for without a network, it comes when that is back: not before what is marked here.
    await button(page, 'Notify me in 3 s').click()
    await button(page, 'Mark all read').click()
    await expectUnread(page, '0')
    await tell(bob, 'Ann', 'during')
    await page.getByRole('switch', { name: 'Network' }).click()
    await expect.poll(() => titles(page)).toHaveLength(3)
    expect([...(await titles(page))].sort()).toEqual(['From Bob', 'Unread: From Bob', 'Unread: To yourself'])
    await expectUnread(page, '2')
    await expectUnread(await open(await device('Ann', laptop)), '2')
  })

  it('reach who is named in the chat, on the desktop too when that is allowed and nobody looks', async () => {
    const laptop = await device('Ann')
    await laptop.grantPermissions(['notifications'])
    await laptop.addInitScript(() => {
      const shown: string[] = []
      Object.assign(globalThis, { shown })
      globalThis.Notification = class extends Notification {
        constructor(title: string, options?: NotificationOptions) {
          super(title, options)
          shown.push(`${title}: ${options?.body}`)
        }
      }
    })
    const tabs = [await open(laptop), await open(laptop, '/scores')] as const
    const bob = await open(await device('Bob'), '/chat/kitchen')
    await tabs[0].getByText('Your desktop shows them while you look elsewhere.').waitFor()
    // Every page has the focus here, unless told otherwise.
    for (const page of [...tabs, bob]) {
      const session = await page.context().newCDPSession(page)
      await session.send('Emulation.setFocusEmulationEnabled', { enabled: false })
    }
    const say = async (text: string) => {
      await bob.getByRole('textbox', { name: /^Message/ }).fill(text)
      await bob.getByRole('button', { name: 'Send' }).evaluate((send: HTMLElement) => send.click())
    }
    const shown = async () => (await Promise.all(tabs.map((page) => page.evaluate<string[]>('shown')))).flat()
    /** That a tab of Ann's has the focus is known to her others by a lock. */
    const looks = () =>
      tabs[0].evaluate(async () => {
        const { held = [] } = await navigator.locks.query()
        return held.some(({ name }) => name === 'notices.front')
      })
    await tabs[1].bringToFront()
    await expect.poll(looks).toBe(true)
    await say('@Ann, you see this.')
    for (const page of tabs) await expectUnread(page, '1')
    const elsewhere = await laptop.newPage()
    await elsewhere.bringToFront()
    await expect.poll(looks).toBe(false)
    await say('@Ann, is there tea?')
    await expect.poll(shown).toEqual(['Bob in kitchen: @Ann, is there tea?'])
    for (const page of tabs) await expectUnread(page, '2')
    expect(await shown()).toHaveLength(1)
  })
})
