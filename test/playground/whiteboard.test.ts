/** The whiteboard in Chromium, as two people have it. */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type Browser, expectTexts, launchChromium, setNetwork, startPlayground, type Tab } from './tab.js'

/** What is on the board, by its labels. */
const shapes = (tab: Tab) =>
  tab.call<string[]>(`() => [...document.querySelectorAll('.shape')].map((one) => one.getAttribute('aria-label'))`)
const expectShapes = (tab: Tab) => expect.poll(() => shapes(tab))
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
      const place = new DOMPoint(x, y).matrixTransform(document.querySelector('.drawing svg').getScreenCTM())
      return [place.x, place.y]
    }`,
    x,
    y,
  )

describe('the whiteboard', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium({ width: 1280, height: 1000 })
  })
  afterAll(() => browser?.close())

  async function two(): Promise<[Tab, Tab]> {
    const origin = await startPlayground()
    const tabs = [await browser.open(`${origin}/whiteboard/sketch`), await browser.open(`${origin}/whiteboard/sketch`)]
    for (const tab of tabs) {
      onTestFinished(() => tab.close())
      await expectTexts(tab, '.stored').toEqual(['Everything is stored'])
      await expectTexts(tab, '.others li').toEqual([expect.not.stringContaining('alone')])
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
    expect(await shapes(bob)).toEqual(['green note “note” at 560, 292'])
    await bob.click('.asking .main')
    await expectShapes(ann).toEqual([])
  })

  it('is written on where a note is, moved and zoomed; Ctrl and Z takes back', async () => {
    const [ann, bob] = await two()
    await choose(ann, 'Note')
    await ann.drag(await at(ann, 300, 200))
    await expect.poll(() => ann.call<boolean>(`() => document.activeElement.matches('.writing')`)).toBe(true)
    await ann.write('below zero')
    await expectShapes(bob).toEqual(['blue note “below zero” at 300, 200'])
    await press(ann, 'Zoom in')
    await choose(ann, 'Select')
    const [x, y] = await at(ann, 600, 400)
    await ann.drag([x, y], [x - 80, y - 40])
    const moved = async () => (await at(ann, 600, 400)).map((place, i) => Math.round(place - (i === 0 ? x : y)))
    await expect.poll(moved).toEqual([-80, -40])
    await choose(ann, 'Box')
    await ann.drag(await at(ann, 500, 300), await at(ann, 600, 400))
    await expectShapes(bob).toEqual(['blue note “below zero” at 300, 200', 'blue box at 500, 300'])
    await ann.press('Control+z')
    await expectShapes(bob).toEqual(['blue note “below zero” at 300, 200'])
    await ann.press('Control+z')
    await expectShapes(bob).toEqual(['blue note at 300, 200'])
    expect([...ann.faults, ...bob.faults]).toEqual([])
  })

  it('shows a picture that somebody pastes', async () => {
    const [ann, bob] = await two()
    await ann.call(`async () => {
      const canvas = new OffscreenCanvas(200, 100)
      canvas.getContext('2d').fillRect(0, 0, 200, 100)
      const clipboardData = new DataTransfer()
      clipboardData.items.add(new File([await canvas.convertToBlob()], 'black.png', { type: 'image/png' }))
      dispatchEvent(new ClipboardEvent('paste', { clipboardData }))
    }`)
    await expectShapes(bob).toEqual(['ink picture at 440, 210'])
    const loads = `async () => {
      const image = new Image()
      image.src = document.querySelector('.shape image').getAttribute('href')
      await image.decode()
      return [image.width, image.height]
    }`
    expect(await bob.call(loads)).toEqual([200, 100])
    expect([...ann.faults, ...bob.faults]).toEqual([])
  })
})
