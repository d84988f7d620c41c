/** The whiteboard in Chromium, as two people have it. */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type Browser, expectTexts, launchChromium, setNetwork, startPlayground, type Tab } from './tab.js'

const patient = { timeout: 15_000, interval: 50 }

/** What is on the board, by its labels. */
const shapes = (tab: Tab) =>
  tab.call<string[]>(`() => [...document.querySelectorAll('.shape')].map((one) => one.getAttribute('aria-label'))`)
const expectShapes = (tab: Tab) => expect.poll(() => shapes(tab), patient)
const choose = (tab: Tab, label: string) =>
  tab.call(
    `(label) => [...document.querySelectorAll('.choice label')].find((one) => one.textContent === label).click()`,
    label,
  )
const press = (tab: Tab, label: string) =>
  tab.call(
    `(label) => [...document.querySelectorAll('.tools .button')].find((one) => one.textContent === label).click()`,
    label,
  )

/** A place on the board, as the window has it. */
const at = (tab: Tab, x: number, y: number) =>
  tab.call<[number, number]>(
    `(x, y) => {
      const { left, top, width } = document.querySelector('.drawing svg').getBoundingClientRect()
      return [left + (x * width) / 1080, top + (y * width) / 1080]
    }`,
    x,
    y,
  )

describe('the whiteboard', { timeout: 60_000 }, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium({ width: 1280, height: 1000 })
  }, 60_000)
  afterAll(() => browser?.close())

  async function two(): Promise<[Tab, Tab]> {
    const origin = await startPlayground()
    const tabs = [await browser.open(`${origin}/whiteboard/sketch`), await browser.open(`${origin}/whiteboard/sketch`)]
    for (const tab of tabs) {
      onTestFinished(() => tab.close())
      await expectTexts(tab, '.stored').toEqual(['Everything is stored'])
    }
    return tabs as [Tab, Tab]
  }

  it('shows what the other draws and points at, and undoes only what one did oneself', async () => {
    const [ann, bob] = await two()
    await ann.drag(await at(ann, 100, 100), await at(ann, 150, 160), await at(ann, 200, 110))
    await expectShapes(bob).toEqual(['blue stroke at 100, 100'])
    await expectTexts(bob, '.cursors span').toEqual([expect.stringMatching(/^\w+ \d+$/)])
    await choose(bob, 'Box')
    await choose(bob, 'red')
    await bob.drag(await at(bob, 300, 200), await at(bob, 500, 300))
    await expectShapes(ann).toEqual(['blue stroke at 100, 100', 'red box at 300, 200'])
    await press(ann, 'Undo')
    await expectShapes(bob).toEqual(['red box at 300, 200'])
    await press(ann, 'Redo')
    await expectShapes(bob).toEqual(expect.arrayContaining(['blue stroke at 100, 100', 'red box at 300, 200']))
    expect([...ann.faults, ...bob.faults]).toEqual([])
  })

  it('is drawn on by keys alone', async () => {
    const [ann, bob] = await two()
    await choose(ann, 'Oval')
    await press(ann, 'Add one')
    await expectShapes(bob).toEqual(['blue oval at 460, 210'])
    await ann.call(`() => document.querySelector('.shape').focus()`)
    await ann.press('ArrowLeft')
    await ann.press('ArrowDown')
    await expectShapes(bob).toEqual(['blue oval at 450, 220'])
    await ann.press('Delete')
    await expectShapes(bob).toEqual([])
  })

  it('brings together what was done on both sides of a cut, one moving what the other paints', async () => {
    const [ann, bob] = await two()
    await choose(ann, 'Note')
    await press(ann, 'Add one')
    await expectShapes(bob).toEqual(['blue note “note” at 460, 242'])
    await setNetwork(bob, 'cut')
    await choose(bob, 'Select')
    await bob.drag(await at(bob, 540, 260), await at(bob, 640, 310))
    await expectShapes(bob).toEqual(['blue note “note” at 560, 292'])
    await choose(ann, 'Select')
    await ann.call(`() => document.querySelector('.shape').focus()`)
    await choose(ann, 'green')
    await setNetwork(bob, 'open')
    for (const tab of [ann, bob]) await expectShapes(tab).toEqual(['green note “note” at 560, 292'])
    await press(bob, 'Clear')
    await expectShapes(ann).toEqual([])
  })
})
