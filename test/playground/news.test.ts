/** The news in Chromium: a page that reads with the browser's own EventSource, and nothing else. */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type Browser, expectTexts, launchChromium, startPlayground, type Tab } from './tab.js'

const letters = '.headline[data-desk=letters] h2'
const state = '.wire [role=status]'

describe('the news', () => {
  let browser: Browser
  let origin: string
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser?.close())

  async function readers(count: number): Promise<Tab[]> {
    origin = await startPlayground()
    const tabs = await Promise.all(Array.from({ length: count }, () => browser.open(`${origin}/news`)))
    for (const tab of tabs) {
      onTestFinished(() => tab.close())
      await expectTexts(tab, state).toEqual(['reading'])
      await expectTexts(tab, '.headline').not.toEqual([])
    }
    return tabs
  }

  const print = (...titles: readonly string[]) =>
    fetch(`${origin}/channels/news/letters`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(titles.map((title) => ({ title, name: 'Ann' }))),
    })

  async function cut(tab: Tab): Promise<void> {
    await tab.click('.switch')
    await expectTexts(tab, state).toEqual(['the browser is trying again'])
  }

  it('shows what somebody else has printed; after a cut, what was missed, once and in order', async () => {
    const [ann, bob] = (await readers(2)) as [Tab, Tab]
    await ann.type('.letter input', '<b>one</b>')
    await ann.press('Enter')
    await expectTexts(bob, letters).toEqual(['<b>one</b>'])
    expect([...ann.faults, ...bob.faults]).toEqual([])
    await cut(bob)
    await bob.type('.letter input', 'from the tunnel')
    await bob.press('Enter')
    await expectTexts(bob, '.letter [role=status]').toEqual([expect.stringMatching(/^Not sent/)])
    await print('two')
    await print('three', 'four')
    await expectTexts(ann, letters).toEqual(['four', 'three', 'two', '<b>one</b>'])
    await bob.click('.switch')
    await expectTexts(bob, letters).toEqual(['four', 'three', 'two', '<b>one</b>'])
    await expectTexts(bob, '[data-count=returns]').toEqual(['once'])
    await expectTexts(bob, '[data-count=lost]').toEqual(['0'])
    await bob.click('.letter .button')
    await expectTexts(ann, letters).toEqual(['from the tunnel', 'four', 'three', 'two', '<b>one</b>'])
  })

  it('tells what is lost to who was away for longer than a desk keeps it, and goes on', async () => {
    const [ann] = (await readers(1)) as [Tab]
    await print('before')
    await expectTexts(ann, letters).toEqual(['before'])
    await cut(ann)
    // More than the server holds in memory for readers that lag.
    const titles = Array.from({ length: 1100 }, (_, i) => `letter ${i + 1}`)
    for (const some of [titles.slice(0, 600), titles.slice(600)]) expect((await print(...some)).status).toBe(204)
    await ann.click('.switch')
    await expectTexts(ann, '.missing').toEqual([expect.stringMatching(/^1070 headlines of “letters” are lost/)])
    await expectTexts(ann, '[data-count=lost]').toEqual(['1070'])
    await ann.click('.choice label:last-child')
    const kept = titles.slice(-30).reverse()
    await expectTexts(ann, letters).toEqual([...kept, 'before'])
    await print('after')
    await expectTexts(ann, letters).toEqual(['after', ...kept, 'before'])
  })
})
