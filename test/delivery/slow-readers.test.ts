/** Promise 6: a slow reader harms nobody. 200 readers stop at 200 positions while 50 MB pass, and then read on. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { forms, SlowReader } from '../hostile/slow-reader.js'
import { HubProcess } from '../support/process/hub-process.js'

const KiB = 1024
const MiB = 1024 * KiB
const messageBytes = 4 * KiB
const messages = (50 * MiB) / messageBytes
const step = 128
/** Messages to each hub in a round of measuring delays. */
const perRound = 60
const slowCount = 200
const promptCount = 20
const retained = 8 * MiB
/** What one reader may hold: the largest slice, what its socket takes beyond that before it says it is full, and its own objects. */
const perReader = 64 * KiB + 16 * KiB + 4 * KiB
/** Encoded slices kept for readers who stand at one position, the engine's own, and noise. */
const slack = 4 * MiB

const options = {
  limits: { stallMs: 600_000, heartbeatMs: 600_000, durableSseMs: 600_000 },
  rules: { feed: { retain: { bytes: retained } } },
}

/** Forms of a reader who wants everything. */
const lossless = forms.slice(0, 4)

async function readers(hub: HubProcess, count: number, of = forms): Promise<SlowReader[]> {
  const before = (await hub.stats()).subscriptions
  const open = Array.from({ length: count }, (_, i) => SlowReader.open(hub.port, of[i % of.length]!))
  const opened = await Promise.all(open)
  await vi.waitFor(async () => expect((await hub.stats()).subscriptions).toBe(before + count), 30_000)
  return opened
}

/** Publishes step by step, each when the prompt readers have the one before it: they must not be slow themselves. */
async function pass(hub: HubProcess, prompt: readonly SlowReader[], from: number, count: number): Promise<void> {
  for (let n = from; n < from + count; n += step) {
    await hub.publishSeries({ channel: 'feed', from: n, count: Math.min(step, from + count - n), bytes: messageBytes })
    const last = Math.min(n + step, from + count) - 1
    await Promise.all(prompt.map((reader) => reader.until(last)))
  }
}

describe('200 readers that stop reading while 50 MB pass', () => {
  let hub: HubProcess
  let calm: HubProcess
  let slow: SlowReader[]
  let prompt: SlowReader[]
  let calmReaders: SlowReader[]
  let before: number
  let published = 0

  beforeAll(async () => {
    hub = await HubProcess.start(options)
    calm = await HubProcess.start(options)
    prompt = await readers(hub, promptCount, lossless)
    slow = await readers(hub, slowCount)
    calmReaders = await readers(calm, promptCount, lossless)
    slow.forEach((reader, i) => {
      reader.stopAt = 1 + Math.floor((i * messages * 0.95) / slowCount)
    })
    await pass(hub, prompt, 1, step)
    await pass(calm, calmReaders, 1, step)
    before = (await hub.holdings()).bytes
    published = messages
    await pass(hub, prompt, step + 1, messages - step)
  })

  afterAll(() => {
    for (const reader of [...slow, ...prompt, ...calmReaders]) reader.leave()
    hub.kill()
    calm.kill()
  })

  it('promise 6: hold the window, what is retained, and one slice each', async () => {
    const { bytes, stats } = await hub.holdings()
    expect(slow.every(({ stopped }) => stopped)).toBe(true)
    expect(stats.subscriptions).toBe(slowCount + promptCount)
    expect(bytes - before).toBeLessThan(MiB + retained + slowCount * perReader + slack)
  })

  it('promise 1: leave the others every message, in order', () => {
    for (const reader of prompt)
      expect(reader).toMatchObject({ last: messages, received: messages, wrong: [], gaps: [] })
  })

  it('promise 6: leave the others as quick as they were', async () => {
    const rounds: { stalled: number; calm: number }[] = []
    for (let round = 0; round < 9; round++) {
      rounds.push(await compare(published + 1, step + 1 + round * perRound))
      published += perRound
    }
    const noiseMs = 2
    expect(median(rounds.map(({ stalled }) => stalled))).toBeLessThan(
      2 * median(rounds.map(({ calm }) => calm)) + noiseMs,
    )
  })

  /** Publishes to both hubs in turn, so that what else this machine does falls on both, and answers the 99th percentile of each one's delays. */
  async function compare(stalledFrom: number, calmFrom: number): Promise<{ stalled: number; calm: number }> {
    for (const reader of [...prompt, ...calmReaders]) reader.timed = true
    for (let i = 0; i < perRound; i++) {
      await publishOne(hub, prompt, stalledFrom + i)
      await publishOne(calm, calmReaders, calmFrom + i)
    }
    return { stalled: p99(prompt), calm: p99(calmReaders) }
  }

  it('promise 3: end with everything or an announced gap, in order', async () => {
    for (const reader of slow) reader.goOn()
    await Promise.all(slow.map((reader) => reader.until(published)))
    for (const reader of slow) expect(reader.wrong, reader.form.name).toEqual([])
    for (const reader of slow.filter(({ last }) => last < published)) {
      const announced = reader.gaps.at(-1)?.reason === 'slow' || reader.ends.includes(4410)
      expect(announced, `${reader.form.name} ends at ${reader.last} of ${published}`).toBe(true)
    }
    const counted = slow.filter(({ form, last }) => last === published && form.name !== 'durable SSE')
    for (const reader of counted) expect(reader.received + reader.missed, reader.form.name).toBe(published)
    const kinds = new Set(slow.flatMap(({ gaps }) => gaps.map(({ reason }) => reason)))
    expect([...kinds].sort()).toEqual(['conflated', 'slow', 'trimmed'])
    expect(slow.some(({ gaps, last }) => gaps.length === 0 && last === published)).toBe(true)
  })
})

describe('a reader that takes nothing for stallMs', () => {
  it.each(forms.slice(0, 4))('is cut off over $name, and sees it', async (form) => {
    const hub = await HubProcess.start({ limits: { stallMs: 300 } })
    const [reader] = await readers(hub, 1, [form])
    reader!.stopAt = 1
    let from = 1
    while ((await hub.stats()).connections > 0) {
      await hub.publishSeries({ channel: 'feed', from, count: step, bytes: messageBytes })
      from += step
    }
    reader!.goOn()
    await reader!.until(from - 1)
    expect(reader).toMatchObject({ endings: 1, wrong: [] })
    reader!.leave()
    hub.kill()
    if (form.name !== 'durable SSE') expect(reader!.last).toBeLessThan(from - 1)
  })
})

async function publishOne(hub: HubProcess, readers: readonly SlowReader[], n: number): Promise<void> {
  await hub.publishSeries({ channel: 'feed', from: n, count: 1, bytes: 256 })
  await Promise.all(readers.map((reader) => reader.until(n)))
}

/** The 99th percentile of the delays since the last call, in milliseconds. */
function p99(readers: readonly SlowReader[]): number {
  const delays = readers.flatMap((reader) => reader.delays.splice(0)).sort((a, b) => a - b)
  return delays[Math.floor(delays.length * 0.99)]!
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!
}
