/** Clients that open a page and say when its stylesheet was there, in milliseconds from asking for the page, and whether they take pushes. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import puppeteer from 'puppeteer-core'

/** @typedef {{ styleMs: number, push: string }} Opened */
/** @typedef {{ name: string, hints: boolean, open: (url: string) => Promise<Opened>, close: () => Promise<void> }} PageClient */

/** @param {string} home below which Chromium looks for the authorities it believes: it takes no hints where a certificate is not good */
export async function openClients(home) {
  const chromium = await puppeteer.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
    env: { ...process.env, HOME: home },
  })
  const firefox = await puppeteer.launch({
    browser: 'firefox',
    executablePath: '/usr/bin/firefox-esr',
    acceptInsecureCerts: true,
  })
  return [await browserClient('Chromium', chromium), await browserClient('Firefox', firefox), nghttp]
}

/** @param {string} name @param {import('puppeteer-core').Browser} browser @returns {Promise<PageClient>} */
async function browserClient(name, browser) {
  return {
    name: `${name} ${/[\d]+/.exec(await browser.version())}`,
    hints: true,
    close: () => browser.close(),
    async open(url) {
      // Without connections and caches of others.
      const context = await browser.createBrowserContext()
      const page = await context.newPage()
      await page.goto(url, { waitUntil: 'load' })
      const opened = await page.evaluate(measure)
      await context.close()
      return /** @type {Opened} */ (opened)
    },
  }
}

const measure = `(() => {
  const [page] = performance.getEntriesByType('navigation')
  const [style] = performance.getEntriesByName(location.origin + '/style.css')
  return { styleMs: style.responseEnd - page.requestStart, push: page.serverTiming[0].description }
})()`

/** @type {PageClient} */
const nghttp = {
  name: '`nghttp`',
  hints: false,
  close: async () => undefined,
  async open(url) {
    const { stdout } = await promisify(execFile)('nghttp', ['-ans', url])
    // Its table: number, responseEnd, requestStart (with * if pushed), process, code, size, path.
    const [, value, unit] = /^ *\d+ +\+([\d.]+)(us|ms|s) .* \/style\.css$/m.exec(stdout) ?? []
    if (!value) throw new Error(`nghttp says nothing of /style.css:\n${stdout}`)
    return { styleMs: Number(value) * (unit === 'us' ? 0.001 : unit === 's' ? 1_000 : 1), push: 'on' }
  },
}
