/** The documents with pages: a browser opens each page, and what a reader would do there is done. */
import { describe, expect, it, vi } from 'vitest'
import { opener } from '../browsers/facts.js'
import type { Page } from '../support/browsers/browser.js'
import { launchChromium } from '../support/browsers/chromium.js'
import { launchFirefox } from '../support/browsers/firefox.js'
import { documents, needsBrowser } from './blocks.js'
import { type Visitor, walk } from './walk.js'

const patience = { timeout: 60_000, interval: 20 }
const evaluate = <T>(tab: Page, code: string) => tab.call<T>('eval', code)
const shows = (tab: Page, text: string | (() => string)) =>
  vi.waitFor(
    async () =>
      expect(await evaluate(tab, 'document.body.innerText')).toContain(typeof text === 'string' ? text : text()),
    patience,
  )

/** Fills in the form of the page and sends it. */
const say = (tab: Page, text: string) =>
  evaluate(tab, `document.forms[0].elements.text.value = ${JSON.stringify(text)}; document.forms[0].requestSubmit()`)

type Open = (url: string) => Promise<Page>
type Url = (named: string) => string
type Act = (open: Open, url: Url, file?: string) => Promise<Page>

/** One window that shows this. */
const shown =
  (address: string, text: string | (() => string)): Act =>
  async (open, url) => {
    const tab = await open(url(address))
    await shows(tab, text)
    return tab
  }

/** Two windows; what is said in one of them comes to the other. */
const twoWindows =
  (address: string): Act =>
  async (open, url) => {
    const [one, other] = [await open(url(address)), await open(url(address))]
    await expect.poll(() => evaluate(one, 'document.forms.length'), patience).toBe(1)
    await say(one, 'hello')
    await shows(other, 'hello')
    return one
  }

/** What is done with the page of each document. */
const acts: Readonly<Record<string, Act>> = {
  'README.md': twoWindows('http://localhost:8080/'),
  'docs/client.md': shown('http://localhost:8080/', 'The server knows me as ann'),
  'docs/getting-started.md': shown('http://localhost:8080/', () => new Date().toISOString().slice(0, 10)),
  'docs/react.md': (open, url, file = '') => twoWindows(`http://localhost:5173/${file}`)(open, url),
  'docs/reading-and-resuming.md': shown('http://localhost:8080/', 'Hello'),
}

/** Keeps what the page prints in `printed`. */
const listen = "globalThis.printed = []; console.log = (...words) => printed.push(words.join(' ')); undefined"

function visitorOf(document: string, open: Open): Visitor {
  let tab: Page | undefined
  const act = (url: Url, file?: string) => acts[document]!(open, url, file)
  return {
    async page({ file }, url) {
      tab = await act(url, file)
    },
    async browser(code, url, prints) {
      tab ??= await act(url)
      await evaluate(tab, `${listen}\n${code}`)
      await vi.waitFor(async () => {
        const text = await evaluate<string>(tab!, "printed.join('\\n')")
        if (!prints(text)) throw new Error(`It printed:\n${text}`)
      }, patience)
    },
  }
}

describe('the documents with pages', () => {
  it('are those that are walked here', () => {
    expect(Object.keys(acts).sort()).toEqual(documents.filter(needsBrowser).sort())
  })
})

describe('a reader with Chromium', { timeout: 240_000 }, () => {
  const open = opener(launchChromium)
  it.each(Object.keys(acts))('can follow %s word by word', async (document) => {
    await expect(walk(document, visitorOf(document, open))).resolves.toBeUndefined()
  })
})

describe('a reader with Firefox', { timeout: 240_000 }, () => {
  const open = opener(launchFirefox)
  it('can follow README.md word by word', async () => {
    await expect(walk('README.md', visitorOf('README.md', open))).resolves.toBeUndefined()
  })
})
