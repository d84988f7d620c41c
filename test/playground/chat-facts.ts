/** The chat, as two people in two browsers have it. The same in every browser. */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type Browser, expectTexts, setNetwork, startPlayground, type Tab, texts, turnNetwork } from './tab.js'

const said = '.message p'

async function say(tab: Tab, ...lines: readonly string[]): Promise<void> {
  for (const line of lines) {
    await tab.type('.composer textarea', line)
    await tab.press('Enter')
  }
}

/** The texts without their ticks. */
const heard = (tab: Tab) =>
  tab.call<string[]>(
    `(selector) => [...document.querySelectorAll(selector)].map((one) => one.firstChild?.textContent)`,
    said,
  )
const ticks = (tab: Tab) =>
  tab.call<string[]>(`() => [...document.querySelectorAll('.message.mine')].map(({ dataset }) => dataset.tick)`)

export function chatFacts(launch: () => Promise<Browser>): void {
  describe('the chat', () => {
    let browser: Browser
    beforeAll(async () => {
      browser = await launch()
    })
    afterAll(() => browser?.close())

    /** A server of its own, and this many people in a room of it. */
    async function people(path: string, count: number): Promise<Tab[]> {
      const origin = await startPlayground()
      const tabs: Tab[] = []
      for (let i = 0; i < count; i++) {
        const tab = await browser.open(origin + path)
        tabs.push(tab)
        onTestFinished(() => tab.close())
        await expectTexts(tab, '.connection [role=status]').toEqual(['connected'])
      }
      return tabs
    }

    it('shows who is here and typing, and what was said as text', async () => {
      const [ann, bob] = (await people('/chat/lobby', 2)) as [Tab, Tab]
      await expectTexts(ann, '.present').toEqual([expect.stringContaining('Here with you')])
      await ann.type('.composer textarea', '<img src=x onerror=alert(1)>')
      // It is told for three seconds: she goes on until he has seen it.
      await expect
        .poll(async () => {
          await ann.write(' ')
          return texts(bob, '.typing')
        })
        .toEqual([expect.stringMatching(/ is typing …$/)])
      await ann.press('Enter')
      await expect.poll(() => heard(bob)).toEqual(['<img src=x onerror=alert(1)>'])
      await expect.poll(() => ticks(ann)).toEqual(['seen'])
      await bob.close()
      await expectTexts(ann, '.present').toEqual([expect.stringContaining('You are alone here')])
      expect(ann.faults).toEqual([])
    })

    it('keeps the lines of what is pasted, and says when there are too many characters', async () => {
      const [ann, bob] = (await people('/chat/kitchen', 2)) as [Tab, Tab]
      const paste = (text: string) =>
        ann.call(
          `(text) => {
            const area = document.querySelector('.composer textarea')
            area.focus()
            document.execCommand('insertText', false, text)
          }`,
          text,
        )
      await paste('one\ntwo\nthree')
      await ann.press('Enter')
      await expect.poll(() => heard(bob)).toEqual(['one\ntwo\nthree'])
      expect(await bob.call(`() => document.querySelector('.message p').innerText.split('\\n').length`)).toBe(3)
      await paste('x'.repeat(1001))
      await expectTexts(ann, '.composer [role=status]').toEqual(['1001 characters: a message has room for 1000.'])
      await ann.press('Enter')
      await ann.press('Backspace')
      await ann.press('Enter')
      await expect.poll(() => heard(bob)).toEqual(['one\ntwo\nthree', 'x'.repeat(1000)])
    })

    it('keeps what is said without a network, through a reload too, and brings it once and in order', async () => {
      const [ann, bob] = (await people('/chat/workshop', 2)) as [Tab, Tab]
      await say(bob, 'one')
      await expect.poll(() => heard(ann)).toEqual(['one'])
      await expect.poll(() => ticks(bob)).toEqual([expect.stringMatching(/stored|seen/)])
      await setNetwork(bob, 'cut')
      await say(ann, 'two', 'three')
      await say(bob, 'four', 'five')
      await expect.poll(() => ticks(bob)).toEqual([expect.anything(), 'kept', 'kept'])
      await bob.reload()
      await expect.poll(() => ticks(bob)).toEqual(['kept', 'kept'])
      await say(bob, 'six')
      expect(await heard(ann)).toEqual(['one', 'two', 'three'])
      await expectTexts(bob, '.connection [role=status]').not.toEqual(['connected'])
      await turnNetwork(bob, 'open')
      await ann.show()
      const all = ['one', 'two', 'three', 'four', 'five', 'six']
      await expect.poll(() => heard(ann)).toEqual(all)
      await expect.poll(() => heard(bob)).toEqual(all)
      await expect.poll(async () => new Set(await ticks(bob))).toEqual(new Set(['seen']))
    })

    it('marks what is unread in other rooms, until they are opened', async () => {
      const [ann, bob] = (await people('/chat/lobby', 2)) as [Tab, Tab]
      const kitchen = '.index a[href="/chat/kitchen"] .badge [aria-hidden]'
      await bob.click('.index a[href="/chat/kitchen"]')
      await expectTexts(bob, '.room h2').toEqual(['kitchen'])
      await say(bob, 'tea?', 'or coffee?')
      await expectTexts(ann, kitchen).toEqual(['2'])
      await ann.show()
      await ann.click('.index a[href="/chat/kitchen"]')
      await expect.poll(() => heard(ann)).toEqual(['tea?', 'or coffee?'])
      await expectTexts(ann, kitchen).toEqual([])
    })

    it('brings what was said before when one scrolls up, as far as it is kept', async () => {
      const [ann] = (await people('/chat/reading', 1)) as [Tab]
      await expect.poll(async () => (await heard(ann)).length).toBeGreaterThanOrEqual(40)
      const newest = await heard(ann)
      const up = () => ann.call(`() => { document.querySelector('.conversation').scrollTop = 0 }`)
      await expect
        .poll(async () => {
          await up()
          return texts(ann, '.earlier p')
        })
        .toEqual(['The beginning of what is kept.'])
      // What is read out meanwhile begins anew.
      const all = await heard(ann)
      const whole = all.slice(0, all.lastIndexOf(newest.at(-1)!) + 1)
      expect(whole.length).toBeGreaterThan(80)
      expect(new Set(whole).size).toBe(whole.length)
      expect(whole.slice(-newest.length)).toEqual(newest)
    })
  })
}
