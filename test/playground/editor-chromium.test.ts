/** The editor in Chromium: also through a reload, and with five who write at random. */
import { expect, it } from 'vitest'
import { Random } from '../hostile/random.js'
import { editorFacts, focus, writers, written } from './editor-facts.js'
import { expectTexts, type Key, launchChromium, setNetwork, type Tab, turnNetwork } from './tab.js'

const seed = Number(process.env.TEST_SEED ?? Date.now() % 2 ** 31)
const keys: readonly Key[] = ['ArrowLeft', 'ArrowUp', 'Home', 'End', 'Backspace', 'Delete', 'Enter']

/** Writes, moves and removes at random; cuts the own network now and then. */
async function writeAtRandom(tab: Tab, random: Random, name: string): Promise<void> {
  await focus(tab)
  for (let step = 0; step < 24; step++) {
    if (random.chance(0.45)) await tab.press(random.pick(keys))
    else await tab.write(name + step.toString(36))
    if (step === 6 || step === 16) {
      await setNetwork(tab, step === 6 ? 'cut' : 'open')
      await focus(tab)
    }
  }
}

editorFacts(launchChromium, (browser) => {
  it('keeps what was written without a network through a reload', async () => {
    const [ann, bob] = (await writers(browser(), 2)) as [Tab, Tab]
    await setNetwork(bob, 'cut')
    await focus(bob)
    await bob.write('from the tunnel')
    await expectTexts(bob, '.stored').toEqual(['Kept here until it is stored'])
    await bob.reload()
    await turnNetwork(bob, 'open')
    for (const tab of [ann, bob]) await expect.poll(() => written(tab)).toBe('from the tunnel')
  })

  it(`ends with one text for five who write at random and are cut off (TEST_SEED=${seed})`, async () => {
    const tabs = await writers(browser(), 5)
    const random = new Random(seed)
    await Promise.all(tabs.map((tab, i) => writeAtRandom(tab, new Random(random.below(2 ** 31)), 'abcde'[i]!)))
    for (const tab of tabs) await expectTexts(tab, '.stored').toEqual(['Everything is stored'])
    const all = async () => new Set(await Promise.all(tabs.map(written)))
    await expect.poll(async () => (await all()).size).toBe(1)
    const [text] = await all()
    for (const name of 'abcde') expect(text).toContain(name)
  })
})
