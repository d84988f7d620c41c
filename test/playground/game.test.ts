/** The game: fifty players at once, and two people in two browsers, one of whom is away for a while. */
import { connect, type Item } from 'anywire/client'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { Player, Snapshot } from '../../playground/server/arena.js'
import { Helm } from '../../playground/src/game/helm.js'
import { type Browser, expectTexts, launchChromium, setNetwork, startPlayground, type Tab, texts } from './tab.js'

const players = 50
const seconds = 3

interface Playing {
  readonly helm: Helm
  newest: Snapshot | undefined
  /** The ticks that came, and when each did. */
  readonly ticks: number[]
  readonly times: number[]
}

/** Somebody who plays from a program as the page does: wishes up, of which ten a second are new, and snapshots down. */
function player(origin: string, number: number): Playing {
  const client = connect(`${origin}/channels`, { token: () => `player-${number}`, outbox: { keep: false } })
  const take = (item: Item<Snapshot>) => {
    if (item.kind !== 'message') return
    playing.newest = item.data
    playing.ticks.push(item.data.tick)
    playing.times.push(performance.now())
  }
  client
    .subscribe<'game/world', Snapshot>('game/world', { from: 'last-1', slow: 'conflate' }, take)
    .closed.catch(() => undefined)
  const helm = new Helm({
    name: () => `Player ${number}`,
    isOpen: () => true,
    publish: async (steering) => (await client.publish('game/steering', steering)).reply,
    onRefused: (thrown) => {
      throw thrown
    },
  })
  onTestFinished(async () => {
    helm.close()
    await client.close()
  })
  const playing: Playing = { helm, newest: undefined, ticks: [], times: [] }
  return playing
}

/** How fast ticks grow with time: the slope of the line that fits them best, which a late first or last one hardly moves. */
function perSecond(ticks: readonly number[], times: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value) / values.length
  const [tick, time] = [mean(ticks), mean(times)]
  const together = mean(times.map((one, i) => (one - time) * (ticks[i]! - tick)))
  return (1000 * together) / mean(times.map((one) => (one - time) ** 2))
}

/** What each saw of the next few seconds: ticks a second, the share of them that came, and the share that came within four ticks. */
async function stretch(all: readonly Playing[]) {
  const begin = all.map(({ ticks }) => ticks.length)
  await new Promise((done) => setTimeout(done, seconds * 1000))
  const seen = all.map(({ ticks, times }, i) => ({ ticks: ticks.slice(begin[i]), times: times.slice(begin[i]) }))
  const rates = seen.map(({ ticks, times }) => perSecond(ticks, times))
  const least = (share: (one: (typeof seen)[0]) => number) => Math.min(...seen.map(share))
  return {
    slowest: Math.min(...rates),
    fastest: Math.max(...rates),
    delivered: least(({ ticks }) => ticks.length / (ticks.at(-1)! - ticks[0]! + 1)),
    prompt: least(
      ({ times }) => times.slice(1).filter((time, i) => time - times[i]! < 133).length / (times.length - 1),
    ),
  }
}

describe('the game', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser?.close())

  const playground = () => startPlayground()

  it('promise: keeps thirty ticks a second with fifty players, and each reads them in order', {
    timeout: 240_000,
  }, async () => {
    const origin = await playground()
    const all = Array.from({ length: players }, (_, number) => player(origin, number))
    let turns = 0
    const steer = setInterval(() => {
      turns++
      for (const [number, { helm }] of all.entries()) helm.want(Math.sin(turns / 20 + number) * 3, turns % 20 < 10)
    }, 100)
    onTestFinished(() => clearInterval(steer))
    await expect.poll(() => all.every(({ helm }) => helm.tank !== undefined)).toBe(true)
    // A machine that is busy elsewhere may take the processor away for a while; a game that is too slow never has a good stretch.
    await expect
      .poll(() => stretch(all), { timeout: 90_000 })
      .toSatisfy(
        ({ slowest, fastest, delivered, prompt }) => slowest > 27 && fastest < 33 && delivered > 0.8 && prompt > 0.8,
      )
    for (const { ticks } of all) expect(ticks).toEqual([...new Set(ticks)].sort((a, b) => a - b))
    const { tanks } = all[0]!.newest!
    expect(tanks).toHaveLength(players)
    const leastHeeded = () => Math.min(...all[0]!.newest!.tanks.map(([, , , , , , , wish]) => wish))
    await expect.poll(leastHeeded).toBeGreaterThan(20)
  })

  it('shows each player to the other, goes on without who is away, and brings them to what is now', async () => {
    const origin = await playground()
    const [ann, bob] = (await Promise.all([0, 1].map(() => browser.open(`${origin}/game`)))) as [Tab, Tab]
    for (const tab of [ann, bob]) onTestFinished(() => tab.close())
    const read = async <T>(channel: string, offset: string): Promise<T[]> =>
      (await fetch(`${origin}/channels/game/${channel}?offset=${offset}`)).json()
    const world = async () => (await read<Snapshot>('world', 'last-1'))[0]!
    const others = '[data-kind=other]'

    await expectTexts(ann, '.connection [role=status]').toEqual(['connected'])
    await ann.click('.players .button')
    await expectTexts(ann, '[data-kind=mine]').toEqual([expect.stringMatching(/^.+ \(you\)$/)])
    const name = (await texts(ann, '[data-kind=mine]'))[0]!.replace(' (you)', '')
    await expectTexts(bob, others).toEqual([name])

    const tank = (await read<Player>('players', 'snapshot')).find(({ bot }) => !bot)!.tank
    const drive = (type: string) =>
      ann.call(
        `(type) => document.querySelector('.arena').dispatchEvent(new KeyboardEvent(type, { code: 'ArrowDown', bubbles: true }))`,
        type,
      )
    const down = async () => (await world()).tanks.find(([number]) => number === tank)![3]
    await drive('keydown')
    await expect.poll(down).toBeCloseTo(Math.PI / 2, 1)
    await drive('keyup')

    await setNetwork(ann, 'cut')
    const { tick } = await world()
    await expectTexts(ann, '.notice').toEqual(['The line is cut. The world goes on without you.'])
    await expect.poll(async () => (await world()).tick - tick).toBeGreaterThan(60)
    await setNetwork(ann, 'open')
    // It says so for a while only.
    const missed = async () =>
      Number(/^You were away for \d+\.\d s: (\d+) snapshots/.exec((await texts(ann, '.notice'))[0] ?? '')?.[1])
    await expect.poll(missed).toBeGreaterThan(50)
    await expectTexts(ann, '[data-kind=mine]').toEqual([`${name} (you)`])

    await ann.click('.players .button')
    await expectTexts(bob, others).toEqual([])
    expect([...ann.faults, ...bob.faults].filter((fault) => !fault.includes('net::ERR'))).toEqual([])
  })
})
