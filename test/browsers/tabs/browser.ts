/** Browsers with several tabs, driven by Puppeteer: unlike other drivers it lets a tab behind another one be hidden. */
import puppeteer, { type CDPSession, type Page } from 'puppeteer-core'
import { expression } from '../../support/browsers/browser.js'
import { chromiumWindows, firefoxHere, patienceMs } from '../../support/browsers/installed.js'

export interface TabBrowser {
  /** Tabs that share what the tabs of one person share, and nothing with those of another. */
  person(): Promise<Person>
  close(): Promise<void>
}

export interface Person {
  open(url: string): Promise<Tab>
  close(): Promise<void>
}

export interface Tab {
  /** Calls a function of the page (`page.ts` says which there are) and answers what it resolves to. */
  call<T = unknown>(name: string, ...values: unknown[]): Promise<T>
  visit(url: string): Promise<void>
  /** Shows it, and hides the others. */
  show(): Promise<void>
  close(): Promise<void>
}

/** What only Chromium can be told. */
export interface ChromiumTab extends Tab {
  /** As a browser does with hidden tabs to spare the battery. */
  freeze(frozen: boolean): Promise<void>
  /** Kills the process that the tab lives in. */
  crash(): Promise<void>
}

export async function launchFirefox(): Promise<TabBrowser> {
  return driven(await puppeteer.launch(firefoxHere))
}

export async function launchChromium(): Promise<TabBrowser> {
  return driven(await puppeteer.launch(chromiumWindows))
}

function driven(browser: Awaited<ReturnType<typeof puppeteer.launch>>): TabBrowser {
  return {
    close: () => browser.close(),
    async person() {
      const context = await browser.createBrowserContext()
      return {
        close: () => context.close(),
        async open(url) {
          // Firefox at times loses a page that is opened while others close.
          const page = await context.newPage().catch(() => context.newPage())
          page.setDefaultTimeout(patienceMs)
          await page.goto(url)
          return tabOf(page)
        },
      }
    },
  }
}

function tabOf(page: Page): ChromiumTab {
  let session: Promise<CDPSession> | undefined
  const command = async (method: 'Page.crash' | 'Page.setWebLifecycleState', params?: object) => {
    session ??= page.createCDPSession()
    await (await session).send(method, params as never)
  }
  return {
    call: <T>(name: string, ...values: unknown[]) => page.evaluate(expression(name, values)) as Promise<T>,
    visit: async (to) => void (await page.goto(to)),
    show: () => page.bringToFront(),
    close: () => page.close(),
    freeze: (frozen) => command('Page.setWebLifecycleState', { state: frozen ? 'frozen' : 'active' }),
    async crash() {
      const crashed = new Promise((resolve) => page.once('error', resolve))
      command('Page.crash').catch(() => {})
      await crashed
    },
  }
}
