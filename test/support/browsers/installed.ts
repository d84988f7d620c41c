/** The browsers that are installed, and how their drivers start them: quiet, and without a sandbox, since tests may run as root. */

/** What a page may take to load or to have an element, in milliseconds: a machine that is busy elsewhere is slow. */
export const patienceMs = 60_000

const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** For Playwright: Chromium without windows. A new context costs it a fifth of the work. */
export const chromiumHere = { executablePath: '/usr/bin/chromium-headless-shell', args: quiet }

/**
 * For Puppeteer: the whole of Chromium, whose windows cover each other, so that a tab can be hidden. Each window would
 * load two pages of the browser's own below its address bar.
 */
export const chromiumWindows = {
  executablePath: '/usr/bin/chromium',
  timeout: 120_000,
  args: [...quiet, '--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup'],
}

/** For Puppeteer. */
export const firefoxHere = { browser: 'firefox', executablePath: '/usr/bin/firefox-esr', timeout: 120_000 } as const
