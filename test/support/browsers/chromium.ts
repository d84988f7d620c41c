/** Chromium from Debian, driven by Playwright. */
import { type BrowserContext, chromium } from 'playwright-core'
import { type Browser, expression, type Page } from './browser.js'
import { chromiumHere, patienceMs } from './installed.js'

/** `home`: the folder below which it looks for the authorities it believes, if not the user's. */
export async function launchChromium(home?: string): Promise<Browser> {
  const env = { ...process.env, ...(home !== undefined && { HOME: home }) } as Record<string, string>
  const browser = await chromium.launch({ ...chromiumHere, env })
  return {
    close: () => browser.close(),
    open: async (url) => openPage(await browser.newContext(), url),
  }
}

async function openPage(context: BrowserContext, url: string): Promise<Page> {
  context.setDefaultTimeout(patienceMs)
  const page = await context.newPage()
  await page.goto(url)
  return {
    call: (name, ...values) => page.evaluate(expression(name, values)),
    close: () => context.close(),
    beside: (other) => openPage(context, other),
    async visit(address) {
      await page.goto(address)
    },
    async attempt(address) {
      await page.goto(address).catch((thrown: Error) => {
        if (!thrown.message.includes('Download is starting')) throw thrown
      })
    },
  }
}
