/** Firefox from Debian, driven by Puppeteer over WebDriver BiDi. */
import puppeteer, { type BrowserContext } from 'puppeteer-core'
import { type Browser, expression, type Page } from './browser.js'
import { firefoxHere, patienceMs } from './installed.js'

/** `acceptInsecureCerts`: believe any certificate. */
export async function launchFirefox(acceptInsecureCerts = false): Promise<Browser> {
  const browser = await puppeteer.launch({ ...firefoxHere, acceptInsecureCerts })
  return {
    close: () => browser.close(),
    open: async (url) => openPage(await browser.createBrowserContext(), url),
  }
}

async function openPage(context: BrowserContext, url: string): Promise<Page> {
  // Firefox at times loses a page that is opened while others close.
  const page = await context.newPage().catch(() => context.newPage())
  page.setDefaultTimeout(patienceMs)
  await page.goto(url)
  return {
    call: <T>(name: string, ...values: unknown[]) => page.evaluate(expression(name, values)) as Promise<T>,
    close: () => context.close(),
    beside: (other) => openPage(context, other),
    async visit(address) {
      await page.goto(address)
    },
    async attempt(address) {
      // Nothing tells that what was asked for is being saved.
      await page.goto(address, { timeout: 1_000 }).catch((thrown: Error) => {
        if (thrown.name !== 'TimeoutError') throw thrown
      })
    },
  }
}
