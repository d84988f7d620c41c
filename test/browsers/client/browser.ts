/** Browsers for the facts about the client, driven by Puppeteer: unlike other drivers it lets a tab behind another one be hidden. */
import puppeteer, { type Browser, type BrowserContext, type CDPSession, type Page } from 'puppeteer-core'
import { expression } from '../../support/browsers/browser.js'
import { chromiumWindows, firefoxHere, patienceMs } from '../../support/browsers/installed.js'
import { taskCategories, tasksOf } from '../../support/browsers/tasks.js'

export class ClientBrowser {
  readonly #browser: Browser

  private constructor(browser: Browser) {
    this.#browser = browser
  }

  /** Hidden tabs are throttled in it as for its users, only that the hardest throttling begins within seconds. */
  static async chromium(): Promise<ClientBrowser> {
    return new ClientBrowser(
      await puppeteer.launch({
        ...chromiumWindows,
        args: [...chromiumWindows.args, '--enable-features=IntensiveWakeUpThrottling:grace_period_seconds/1'],
        ignoreDefaultArgs: [
          '--disable-background-timer-throttling',
          '--disable-backgrounding-occluded-windows',
          '--disable-renderer-backgrounding',
        ],
      }),
    )
  }

  static async firefox(): Promise<ClientBrowser> {
    return new ClientBrowser(await puppeteer.launch(firefoxHere))
  }

  /** Opens a page as a person of its own: with storage and workers that no other has. */
  async open(url: string): Promise<ClientTab> {
    const context = await this.#browser.createBrowserContext()
    // Firefox at times loses a page that is opened while others close.
    const page = await context.newPage().catch(() => context.newPage())
    page.setDefaultTimeout(patienceMs)
    await page.goto(url)
    return new ClientTab(context, page)
  }

  close(): Promise<void> {
    return this.#browser.close()
  }
}

export class ClientTab {
  readonly #context: BrowserContext
  readonly #page: Page
  #session: Promise<CDPSession> | undefined

  constructor(context: BrowserContext, page: Page) {
    this.#context = context
    this.#page = page
  }

  /** Calls a function of the page (`page.html` says which there are) and answers what it resolves to. */
  call<T = unknown>(name: string, ...values: unknown[]): Promise<T> {
    return this.#page.evaluate(expression(name, values)) as Promise<T>
  }

  async visit(url: string): Promise<void> {
    await this.#page.goto(url)
  }

  /** Goes back to the page before, and resolves when it is there. */
  async back(): Promise<void> {
    await this.#page.goBack({ waitUntil: [] })
    await this.#page.waitForFunction('globalThis.returns')
  }

  /** Shows another tab before it. */
  async hide(): Promise<void> {
    const other = await this.#context.newPage()
    await other.bringToFront()
    await this.call('visibility', 'hidden')
  }

  /** Chromium only: as a browser does with hidden tabs to spare the battery. */
  async freeze(frozen: boolean): Promise<void> {
    this.#session ??= this.#page.createCDPSession()
    await (await this.#session).send('Page.setWebLifecycleState', { state: frozen ? 'frozen' : 'active' })
  }

  /** Chromium only: the page has no network, and knows it. */
  async offline(offline: boolean): Promise<void> {
    await this.#page.setOfflineMode(offline)
  }

  /** Chromium only: milliseconds of each task of all pages while `act` runs, longest first. */
  async tasksWhile(act: () => Promise<void>): Promise<number[]> {
    await this.#page.tracing.start({ categories: taskCategories })
    await act()
    return tasksOf(new TextDecoder().decode(await this.#page.tracing.stop()))
  }

  close(): Promise<void> {
    return this.#context.close()
  }
}
