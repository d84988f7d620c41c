/** The scores in Chromium: what one page calls off is put right on all, whatever happens to the line. */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { Match } from '../../playground/server/league.js'
import { standingsOf } from '../../playground/src/scores/standings.js'
import { type Browser, expectTexts, launchChromium, setNetwork, startPlayground, type Tab } from './tab.js'

describe('the scores', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser?.close())

  /** The goals that can be called off, newest first. */
  const open = (tab: Tab) =>
    tab.call<string[]>(`() => [...document.querySelectorAll('.goal:has(.button)')].map(({ dataset }) => dataset.goal)`)
  const goal = (id: string, rest: string) => `[data-goal="${id}"]${rest}`
  const shown = (tab: Tab) =>
    tab.call<[string, string][]>(
      `() => [...document.querySelectorAll('[data-team]')].map((row) => [row.dataset.team, row.lastElementChild.textContent])`,
    )

  it('marks what was called off on every page, at once, after a cut, and from the outbox; and the table follows', async () => {
    const origin = await startPlayground()
    const [ann, bob] = (await Promise.all([1, 2].map(() => browser.open(`${origin}/scores`)))) as [Tab, Tab]
    for (const tab of [ann, bob]) {
      onTestFinished(() => tab.close())
      await expect.poll(async () => (await open(tab)).length).toBeGreaterThanOrEqual(3)
    }
    const [first, second, third] = (await open(ann)).reverse() as [string, string, string]
    await ann.click(goal(first, ' .button'))
    for (const tab of [ann, bob]) {
      await expectTexts(tab, goal(first, '.off.corrected em')).toEqual([expect.stringMatching(/^taken back: /)])
    }
    expect([...ann.faults, ...bob.faults]).toEqual([])
    await setNetwork(bob, 'cut')
    await ann.click(goal(second, ' .button'))
    await bob.click(goal(third, ' .button'))
    await expectTexts(ann, goal(second, '.off em')).toEqual([expect.anything()])
    expect([
      await bob.call(`() => document.querySelector('${goal(second, '.off')}')`),
      (await open(ann)).includes(third),
    ]).toEqual([null, true])
    await setNetwork(bob, 'open')
    for (const tab of [ann, bob]) {
      await expectTexts(tab, [first, second, third].map((id) => goal(id, '.off.corrected')).join()).toHaveLength(3)
    }
    await expect
      .poll(async () => {
        const matches = await fetch(`${origin}/channels/scores/matches?offset=snapshot`)
        const rows = standingsOf((await matches.json()) as Match[])
        const table = rows.map(({ team, points }) => [team, String(points)])
        const pages = await Promise.all([shown(ann), shown(bob)])
        return table.length === 12 && pages.every((page) => JSON.stringify(page) === JSON.stringify(table))
      })
      .toBe(true)
  })
})
