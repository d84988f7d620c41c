/** The editor, as several people in several browsers have it. */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type Browser, expectTexts, setNetwork, startPlayground, type Tab } from './tab.js'

const root = `document.querySelector('.text').shadowRoot`

/** What the sheet says, without the names at the cursors of the others. */
export const written = (tab: Tab) =>
  tab.call<string>(`() => [...${root}.querySelectorAll('.cm-line')].map((line) => {
    const copy = line.cloneNode(true)
    for (const other of copy.querySelectorAll('.cm-caret, .cm-placeholder')) other.remove()
    return copy.textContent
  }).join('\\n')`)

export const focus = (tab: Tab) => tab.call(`() => ${root}.querySelector('.cm-content').focus()`)

const carets = (tab: Tab) =>
  tab.call<string[]>(`() => [...${root}.querySelectorAll('.cm-caret-name')].map((one) => one.textContent)`)

/** A server of its own, and this many people at one of its documents. */
export async function writers(browser: Browser, count: number): Promise<Tab[]> {
  const origin = await startPlayground()
  const tabs: Tab[] = []
  for (let i = 0; i < count; i++) {
    const tab = await browser.open(`${origin}/editor/shared`)
    onTestFinished(() => tab.close())
    await expectTexts(tab, '.stored').toEqual(['Everything is stored'])
    tabs.push(tab)
  }
  return tabs
}

/** What a page says of itself, other than that its network was cut. */
const faultsOf = ({ faults }: Tab) => faults.filter((one) => !/WebSocket|ERR_|NetworkError|can’t establish/.test(one))

export function editorFacts(launch: () => Promise<Browser>, more?: (browser: () => Browser) => void): void {
  describe('the editor', () => {
    let browser: Browser
    beforeAll(async () => {
      browser = await launch()
    })
    afterAll(() => browser?.close())

    it('shows what the other writes, and where; and makes one text of what both wrote while one was cut off', async () => {
      const [ann, bob] = (await writers(browser, 2)) as [Tab, Tab]
      await ann.show()
      await focus(ann)
      await ann.write('one two')
      await expect.poll(() => written(bob)).toBe('one two')
      await expect.poll(() => carets(bob)).toEqual([expect.stringMatching(/^\w+ \d+$/)])
      await setNetwork(bob, 'cut')
      await bob.show()
      await focus(bob)
      await bob.press('Home')
      await bob.write('zero ')
      await expectTexts(bob, '.stored').toEqual(['Kept here until it is stored'])
      await ann.show()
      await focus(ann)
      await ann.press('End')
      await ann.write(' three')
      await expect.poll(() => written(ann)).toBe('one two three')
      expect(await written(bob)).toBe('zero one two')
      await setNetwork(bob, 'open')
      for (const tab of [ann, bob]) await expect.poll(() => written(tab)).toBe('zero one two three')
      await expectTexts(bob, '.stored').toEqual(['Everything is stored'])
      expect([...faultsOf(ann), ...faultsOf(bob)]).toEqual([])
    })

    more?.(() => browser)
  })
}
