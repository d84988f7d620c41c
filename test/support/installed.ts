/** The browsers that are installed, and how their drivers start them: quiet, and without a sandbox, since tests may run as root. */

/** For Playwright and Puppeteer. */
export const chromiumHere = {
  executablePath: '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
}

/** For Puppeteer. */
export const firefoxHere = { browser: 'firefox', executablePath: '/usr/bin/firefox-esr' } as const
