/** Firefox from Debian, driven by Puppeteer over WebDriver BiDi. */
import puppeteer from 'puppeteer-core'
import { type Browser, expression } from './browser.js'
import { firefoxHere } from './installed.js'

/** `acceptInsecureCerts`: believe any certificate. */
export async function launchFirefox(acceptInsecureCerts = false): Promise<Browser> {
  const browser = await puppeteer.launch({ ...firefoxHere, acceptInsecureCerts })
  return {
    close: () => browser.close(),
    async open(url) {
      const context = await browser.createBrowserContext()
      const page = await context.newPage()
      await page.goto(url)
      return {
        call: <T>(name: string, ...values: unknown[]) => page.evaluate(expression(name, values)) as Promise<T>,
        close: () => context.close(),
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
    },
  }
}
