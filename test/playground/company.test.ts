/** The server's bots: they keep whoever is alone company, and go when somebody comes, or when they are not wanted. */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { written } from './editor-facts.js'
import { type Browser, expectTexts, launchChromium, startPlayground, type Tab, texts } from './tab.js'

const ghosts = (tab: Tab) =>
  tab.call<string[]>(`() => [...document.querySelector('.text')?.shadowRoot?.querySelectorAll('.cm-caret-name') ?? []]
    .map((one) => one.textContent)`)

describe('company', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium(undefined, 'on')
  })
  afterAll(() => browser?.close())

  async function open(url: string): Promise<Tab> {
    const tab = await browser.open(url)
    onTestFinished(() => tab.close())
    return tab
  }

  it('greets who is alone in a room, answers, and goes when it is switched off', async () => {
    const url = `${await startPlayground()}/chat/lobby`
    const ann = await open(url)
    await expectTexts(ann, '.message p').toEqual([expect.stringContaining('I am a bot')])
    await expectTexts(ann, '.present').toEqual([expect.stringContaining('Robin (bot)')])
    await ann.type('.composer textarea', 'Good evening')
    await ann.press('Enter')
    await expectTexts(ann, '.message p').toEqual([
      expect.anything(),
      expect.stringContaining('Good evening'),
      expect.stringContaining('Heard, and kept.'),
    ])
    await ann.click('.company')
    await expectTexts(ann, '.present').toEqual([expect.stringContaining('You are alone here')])
  })

  it('goes when somebody comes', async () => {
    const url = `${await startPlayground()}/chat/kitchen`
    const ann = await open(url)
    await expectTexts(ann, '.present').toEqual([expect.stringContaining('Robin (bot)')])
    await open(url)
    await expectTexts(ann, '.present').toEqual([expect.not.stringMatching(/Robin|alone/)])
  })

  it('writes in a text, named as a bot, and takes away what it wrote when it goes', async () => {
    const ann = await open(`${await startPlayground()}/editor/minutes`)
    await expect.poll(() => ghosts(ann)).toEqual(['Ghost (bot)'])
    await expect.poll(() => written(ann)).toContain('\nAny')
    await ann.click('.company')
    await expect.poll(() => written(ann)).toMatch(/if it is dry\.\n$/)
    await expect.poll(() => ghosts(ann)).toEqual([])
  })

  it('draws on the board, and takes that away too', async () => {
    const ann = await open(`${await startPlayground()}/whiteboard/lobby`)
    const strokes = async () => (await texts(ann, '.shape.amber')).length
    await expect.poll(strokes).toBe(1)
    await expectTexts(ann, '.cursors span').toEqual(['Ghost (bot)'])
    await ann.click('.company')
    await expect.poll(strokes).toBe(0)
    await expectTexts(ann, '.others li').toEqual(['You are alone here'])
  })
})
