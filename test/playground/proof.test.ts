/** The proof on the first page, in Chromium. */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type Browser, expectTexts, launchChromium, startPlayground, type Tab, texts } from './tab.js'

const said = '.act [role=status]'

/** The numbers of the newest messages, of the left pane and of the right. */
const positions = async (tab: Tab) => (await texts(tab, '.at b')).map((text) => Number(text.replaceAll(',', '')))

describe('the first page', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium({ width: 390, height: 844 })
  })
  afterAll(() => browser?.close())

  it('promise 2: cuts one of two readers, and shows that afterwards nothing is lost and nothing comes twice', async () => {
    const origin = await startPlayground()
    const [ann, bob] = [await browser.open(origin), await browser.open(origin)]
    for (const tab of [ann, bob]) {
      onTestFinished(() => tab.close())
      await expectTexts(tab, '.pane .where').toEqual([' reads', ' reads'])
      await expect.poll(async () => (await positions(tab)).every((one) => one > 0)).toBe(true)
    }
    await ann.click('.act .button')
    await expectTexts(ann, '.pane .where').toEqual([' reads', ' no network'])
    const [atCut = 0] = await positions(ann)
    // By then what was on its way has come.
    await expect.poll(async () => (await positions(ann))[0]).toBeGreaterThan(atCut + 10)
    const [, stood = 0] = await positions(ann)
    await expect.poll(async () => (await positions(ann))[0]).toBeGreaterThan(atCut + 25)
    expect((await positions(ann))[1]).toBe(stood)
    await expectTexts(bob, '.pane .where').toEqual([' reads', ' reads'])
    await ann.click('.act .button')
    await expectTexts(ann, said).toEqual([expect.stringMatching(/^\d+ caught up in \d+ ms · 0 lost · 0 twice$/)])
    await expect.poll(async () => (await positions(ann))[1]).toBeGreaterThan(stood + 15)
    expect(ann.faults.filter((fault) => !/ERR_|WebSocket/.test(fault))).toEqual([])
  })
})
