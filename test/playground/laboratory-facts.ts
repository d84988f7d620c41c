/** The laboratory, as two visitors have it. The same in every browser. */
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { type Browser, expectTexts, startPlayground, type Tab, texts } from './tab.js'

const others = ['event-source', 'stream', 'long-poll']
const resuming = ['client', ...others]

const fact = (lane: string, name: string) => `[data-lane=${lane}] [data-fact=${name}]`
const expectState = (tab: Tab, lane: string) => expectTexts(tab, fact(lane, 'state'))
const choose = (tab: Tab, name: string, place: number) =>
  tab.click(`.choice label:nth-child(${place}) input[name=${name}]`)

async function position(tab: Tab, lane: string): Promise<number> {
  const [text = ''] = await texts(tab, fact(lane, 'position'))
  return Number(text.replaceAll(',', '')) || 0
}

/** Waits until these lanes have got so far. */
const reach = (tab: Tab, lanes: readonly string[], number: number) =>
  expect
    .poll(async () =>
      Object.fromEntries(await Promise.all(lanes.map(async (lane) => [lane, await position(tab, lane)]))),
    )
    .toSatisfy((positions) => Object.values(positions).every((one) => Number(one) >= number), `all at ${number}`)

/** What the download of this name holds. */
async function exported(tab: Tab, name: string): Promise<string> {
  const href = await tab.call<string>(`(name) => document.querySelector('[download="' + name + '"]').href`, name)
  return decodeURIComponent(href.slice(href.indexOf(',') + 1))
}

/** The exported rows, by their heads. */
async function table(tab: Tab): Promise<Record<string, string>[]> {
  const [head = [], ...rows] = (await exported(tab, 'anywire.csv'))
    .trimEnd()
    .split('\r\n')
    .map((line) => [...line.matchAll(/(?:^|,)("[^"]*"|[^,]*)/g)].map(([, cell = '']) => cell))
  return rows.map((cells) => Object.fromEntries(head.map((name, i) => [name.replaceAll('"', ''), cells[i] ?? ''])))
}

export function laboratoryFacts(launch: () => Promise<Browser>): void {
  describe('the laboratory', () => {
    let browser: Browser
    let origin: string
    beforeAll(async () => {
      browser = await launch()
    })
    afterAll(() => browser?.close())
    beforeEach(async () => {
      origin = await startPlayground()
    })

    /** A visitor whose lanes read. */
    async function visitor(): Promise<Tab> {
      const tab = await browser.open(`${origin}/laboratory`)
      onTestFinished(() => tab.close())
      await reach(tab, resuming, 1)
      return tab
    }

    /** The newest number that the server has published to a visitor. */
    async function published(tab: Tab): Promise<number> {
      const me = await tab.call<string>(`() => document.cookie.match(/me=([^;]*)/)[1]`)
      const response = await fetch(`${origin}/channels/laboratory/load/${me}/1?offset=last-1`)
      const [newest] = (await response.json()) as { number: number }[]
      return newest?.number ?? 0
    }

    /** Whatever has happened: every number in its place, once, or in an announced gap. */
    async function expectNothingLost(tab: Tab): Promise<void> {
      await expectTexts(tab, '.verdict .word').toEqual(['Nothing is lost'])
      const rows = (await table(tab)).filter(({ Form }) => !/^(WebSocket|Plain)/.test(Form ?? ''))
      expect(rows.length).toBeGreaterThanOrEqual(resuming.length)
      for (const row of rows) expect(row).toMatchObject({ Unseen: '0', Twice: '0' })
    }

    /** Reads by the link that it began with, and knows of no fault. */
    async function expectUntouched(tab: Tab): Promise<void> {
      await reach(tab, ['client'], await published(tab))
      await expectState(tab, 'client').toEqual(['websocket'])
      expect(await texts(tab, '.log li')).not.toContainEqual(expect.stringMatching(/lost|silent|broke|reached|1006/))
      expect(tab.faults).toEqual([])
    }

    it('fills the tapes where they stood when the network is restored, and cuts nobody else off', async () => {
      const bob = await visitor()
      const ann = await visitor()
      await ann.click('.verdict .button')
      for (const lane of resuming) await expectState(ann, lane).toEqual(['cut off'])
      // Without a pointer: the page may move under it.
      await ann.call(`() => document.querySelector('.outbox .button').click()`)
      await expectTexts(ann, '[data-fact=published]').toEqual(['10'])
      await expectTexts(ann, '[data-fact=kept]').toEqual(['10'])
      const stood = await position(bob, 'client')
      await reach(bob, ['client'], stood + 10)
      expect(await texts(ann, '[data-fact=stored]')).toEqual(['0'])
      const missed = await published(ann)
      expect(missed).toBeGreaterThan(await position(ann, 'client'))
      await ann.click('.verdict .button')
      await ann.show()
      await reach(ann, resuming, missed + 5)
      await expectNothingLost(ann)
      await expectTexts(ann, '[data-lane=client] > .note').toEqual([expect.stringMatching(/^\d+ caught up$/)])
      await expectTexts(ann, '[data-fact=back]').toEqual(['10'])
      await expectTexts(ann, '[data-fact=stored]').toEqual(['10'])
      await expectUntouched(bob)
    })

    it('says who is cut off without WebSockets, and which way the client goes then', async () => {
      const bob = await visitor()
      const ann = await visitor()
      await expectState(ann, 'client').toEqual(['websocket'])
      await choose(ann, 'web-sockets', 3)
      await expectState(ann, 'websocket').toEqual(['tries'])
      await expectState(ann, 'client').toEqual(['stream'])
      await choose(ann, 'buffered', 2)
      await expectState(ann, 'client').toEqual(['poll'])
      await expectTexts(ann, '.log li').toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^websocket: proven in \d+ ms$/),
          expect.stringMatching(/^websocket: lost/),
          expect.stringMatching(/^stream: proven in \d+ ms$/),
          expect.stringMatching(/^stream: lost/),
          expect.stringMatching(/^poll: proven in \d+ ms$/),
        ]),
      )
      await expect
        .poll(async () => (await position(ann, 'client')) - (await position(ann, 'stream')))
        .toBeGreaterThan(5)
      await choose(ann, 'buffered', 1)
      await choose(ann, 'web-sockets', 1)
      await reach(ann, resuming, await published(ann))
      await expectState(ann, 'websocket').toEqual(['reads'])
      await expectNothingLost(ann)
      await expectUntouched(bob)
    })

    it('goes on after a stall where it stood, and announces what is not kept any more with its number', async () => {
      const ann = await visitor()
      await reach(ann, ['client'], 2)
      await choose(ann, 'stalled', 2)
      await expectTexts(ann, '.verdict .word').toEqual(['Stalled'])
      const stood = await position(ann, 'client')
      await expect.poll(() => published(ann)).toBeGreaterThan(stood + 15)
      expect(await position(ann, 'stream')).toBeLessThan(stood + 15)
      await choose(ann, 'stalled', 1)
      await reach(ann, resuming, stood + 10)
      await choose(ann, 'size', 3)
      await choose(ann, 'rate', 4)
      await ann.click('.verdict .button')
      await expectState(ann, 'client').toEqual(['cut off'])
      const left = await position(ann, 'client')
      // A megabyte is kept: 130 messages. The others were cut off when they had got a little further.
      await expect.poll(() => published(ann)).toBeGreaterThan(left + 300)
      // Sent when she is back. At this rate, what is kept is two seconds: whoever asks more slowly finds it gone again.
      await choose(ann, 'rate', 1)
      await ann.click('.verdict .button')
      await reach(ann, resuming, left + 300)
      const note = expect.stringMatching(/\d announced gaps?, [1-9][\d,]* missed/)
      for (const lane of resuming) await expectTexts(ann, `[data-lane=${lane}] > .note`).toEqual([note])
      await expectNothingLost(ann)
    })

    it('exports what it has measured as Markdown and CSV', async () => {
      const ann = await visitor()
      await choose(ann, 'channels', 2)
      const whole = (row: Record<string, string>) => Object.values(row).every((cell) => cell !== '')
      await expect.poll(() => table(ann)).toSatisfy((rows) => rows.length >= 6 && rows.every(whole))
      await expectTexts(ann, '.measured .legend:first-of-type').toEqual([
        '10 messages a second of 200 bytes in 3 channels; no fault of the line.',
        expect.anything(),
      ])
      const rows = await table(ann)
      for (const { Form, ...cells } of rows) {
        expect(Form).toMatch(/^[A-Z][\w ()]+$/)
        expect(Object.keys(cells)).toHaveLength(15)
        for (const cell of Object.values(cells)) expect(cell).toMatch(/^\d+(\.\d+)?$/)
      }
      const [, , ...lines] = (await exported(ann, 'anywire.md')).trimEnd().split('\n')
      expect(lines.length).toBe(rows.length + 2)
      for (const line of lines) expect(line.split('|')).toHaveLength(18)
    })
  })
}
