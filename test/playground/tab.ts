/** The playground in a browser: what its tests ask of a tab, whichever browser it is, and what no page of it may ever do. */
import { chromium, type Page } from 'playwright-core'
import puppeteer from 'puppeteer-core'
import { expect } from 'vitest'
import { chromiumHere, firefoxHere, patienceMs } from '../support/browsers/installed.js'
import { Program } from '../support/program.js'

/** A key by its name. */
export type Key =
  | 'Control+z'
  | 'Enter'
  | 'Backspace'
  | 'Delete'
  | 'Home'
  | 'End'
  | `Arrow${'Left' | 'Right' | 'Up' | 'Down'}`

/** A playground of one's own; answers its origin. */
export const startPlayground = () => new Program('scripts/run.js', ['playground', '--port', '0']).listening()

export interface Browser {
  /** A tab of a browser of its own: other cookies, other storage. */
  open(url: string): Promise<Tab>
  close(): Promise<void>
}

export interface Tab {
  /** Evaluates a function of the page, given as text, with these arguments. */
  call<T>(code: string, ...values: readonly unknown[]): Promise<T>
  click(selector: string): Promise<void>
  type(selector: string, text: string): Promise<void>
  press(key: Key): Promise<void>
  /** Types into what has the focus. */
  write(text: string): Promise<void>
  /** Presses the mouse at the first of these places, and lets it go at the last. */
  drag(...places: readonly (readonly [x: number, y: number])[]): Promise<void>
  reload(): Promise<void>
  visit(url: string): Promise<void>
  /** Brings it before other tabs: some browsers hide those behind. */
  show(): Promise<void>
  close(): Promise<void>
  /** Errors that the page has thrown or printed, and violations of its policy. */
  readonly faults: string[]
}

/** What the drivers of both browsers have in common. */
interface Driven {
  evaluate(code: string): Promise<unknown>
  click(selector: string): Promise<unknown>
  type(selector: string, text: string): Promise<unknown>
  reload(): Promise<unknown>
  goto(url: string): Promise<unknown>
  bringToFront(): Promise<unknown>
  readonly keyboard: { press(key: Key): Promise<unknown>; type(text: string): Promise<unknown> }
  readonly mouse: { move(x: number, y: number): Promise<unknown>; down(): Promise<unknown>; up(): Promise<unknown> }
}

/** Tells the console of what the policy has stopped. */
export const watchPolicy = `addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
  console.error('policy: ' + violatedDirective + ' ' + blockedURI))`

/** What the page has had against itself: errors, and what its policy has stopped. Call it before the page is visited. */
export async function faultsOf(page: Page): Promise<string[]> {
  const faults: string[] = []
  await page.addInitScript(watchPolicy)
  page.on('pageerror', ({ message }) => faults.push(message))
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()))
  return faults
}

function tabOf(page: Driven, faults: string[], close: () => Promise<unknown>): Tab {
  return {
    faults,
    call: <T>(code: string, ...values: readonly unknown[]) =>
      page.evaluate(`(${code})(${values.map((value) => JSON.stringify(value)).join(', ')})`) as Promise<T>,
    click: async (selector) => void (await page.click(selector)),
    type: async (selector, text) => void (await page.type(selector, text)),
    press: async (key) => void (await page.keyboard.press(key)),
    write: async (text) => void (await page.keyboard.type(text)),
    async drag([x, y] = [0, 0], ...rest) {
      await page.mouse.move(x, y)
      await page.mouse.down()
      for (const place of rest) await page.mouse.move(...place)
      await page.mouse.up()
    },
    reload: async () => void (await page.reload()),
    visit: async (url) => void (await page.goto(url)),
    show: async () => void (await page.bringToFront()),
    close: async () => void (await close()),
  }
}

/** What a tab begins with: the server's bots are not to take part in what is tested, unless they are. */
// A page that is still empty has no storage in Firefox.
const alone = (company: 'on' | 'off') => `if (location.protocol === 'http:') localStorage.company ??= '${company}'`

/** With `company` the server's bots come to who is alone. */
export async function launchChromium(
  viewport = { width: 1280, height: 800 },
  company: 'on' | 'off' = 'off',
): Promise<Browser> {
  const browser = await chromium.launch(chromiumHere)
  return {
    close: () => browser.close(),
    async open(url) {
      const context = await browser.newContext({ viewport })
      context.setDefaultTimeout(patienceMs)
      await context.addInitScript(watchPolicy)
      await context.addInitScript(alone(company))
      const page = await context.newPage()
      const faults: string[] = []
      page.on('pageerror', ({ message }) => faults.push(message))
      page.on('console', (message) => message.type() === 'error' && faults.push(message.text()))
      await page.goto(url)
      return tabOf(page as Driven, faults, () => context.close())
    },
  }
}

export async function launchFirefox(): Promise<Browser> {
  const browser = await puppeteer.launch(firefoxHere)
  return {
    close: () => browser.close(),
    async open(url) {
      const context = await browser.createBrowserContext()
      // Firefox at times loses a page that is opened while others close.
      const page = await context.newPage().catch(() => context.newPage())
      page.setDefaultTimeout(patienceMs)
      await page.evaluateOnNewDocument(watchPolicy)
      await page.evaluateOnNewDocument(alone('off'))
      const faults: string[] = []
      page.on('pageerror', (thrown) => faults.push(String(thrown)))
      page.on('console', (message) => message.type() === 'error' && faults.push(message.text()))
      await page.goto(url)
      const tab = tabOf(page as Driven, faults, () => context.close())
      // Without a pointer: this driver does not notice when what it aims at is not there yet, or moves meanwhile.
      const press =
        '(selector) => [...document.querySelectorAll(selector)].slice(0, 1).map((one) => one.click()).length'
      return { ...tab, click: (selector) => expect.poll(() => tab.call(press, selector)).toBe(1) }
    },
  }
}

/** The texts of all elements that a selector finds. */
export const texts = (tab: Tab, selector: string) =>
  tab.call<string[]>('(selector) => [...document.querySelectorAll(selector)].map((one) => one.textContent)', selector)

/** Waits until the texts that a selector finds are such. */
export const expectTexts = (tab: Tab, selector: string) => expect.poll(() => texts(tab, selector))

/** Uses the switch. A page that was just loaded learns a moment later how its network is: until then it would be set to what it is. */
export async function turnNetwork(tab: Tab, to: 'cut' | 'open'): Promise<void> {
  const isOn = () => tab.call(`() => document.querySelector('.switch').getAttribute('aria-checked')`)
  await expect.poll(isOn).toBe(String(to === 'cut'))
  await tab.click('.switch')
}

/** The same, and waits until the page knows. */
export async function setNetwork(tab: Tab, to: 'cut' | 'open'): Promise<void> {
  await turnNetwork(tab, to)
  await expectTexts(tab, '.connection [role=status]').toEqual([to === 'cut' ? 'offline' : 'connected'])
}
