/** `anywire/workers` without a bundler, in real browsers. */
import { describe, expect, it } from 'vitest'
import { launchChromium } from '../support/browsers/chromium.js'
import { launchFirefox } from '../support/browsers/firefox.js'
import { type Open, opener } from './facts.js'
import { offloadPage } from './offload-server.js'

/** How a job ended. */
interface Outcome {
  readonly value?: unknown
  readonly class?: string
  readonly name?: string
  readonly message?: string
  readonly stack?: string
  readonly code?: string
  readonly details?: unknown
  readonly cause?: string
}

const places = [
  ['Chromium', launchChromium],
  ['Firefox', launchFirefox],
] as const

describe.each(places)('offload in %s', (_name, launch) => {
  const open = opener(launch)
  imageFacts(open)
  poolFacts(open)
  cancelFacts(open)
  errorFacts(open)
})

/** Calls a function of the page. */
async function ask<T>(open: Open, name: string, ...values: unknown[]): Promise<T> {
  const page = await open(await offloadPage())
  return page.call<T>(name, ...values)
}

interface Inverted {
  readonly progress: number[]
  readonly left: number
}

function imageFacts(open: Open): void {
  it('filters an image that moves to the worker and back', async () => {
    const { progress, left, ...image } = await ask<Inverted>(open, 'invert')
    expect(left).toBe(0)
    expect(image).toEqual({ isImage: true, width: 200, height: 100, pixel: [0, 255, 255, 255] })
    expect(progress).toEqual([...progress].sort((a, b) => a - b))
    expect(progress.at(-1)).toBe(1)
  })

  it('takes the input at the call, even where the job waits', async () => {
    const { left } = await ask<{ left: number }>(open, 'inputs')
    expect(left).toBe(0)
  })
}

function poolFacts(open: Open): void {
  it('runs one job after the other, in order, on a pool of 1', async () => {
    const orders = [1, 2, 3].map((n) => ['note', n])
    const outcomes = await ask<Outcome[]>(open, 'run', orders, { size: 1 })
    const log = [1, 2, 3].flatMap((n) => [`${n} begins`, `${n} ends`])
    expect(outcomes.map(({ value }) => value)).toEqual([log.slice(0, 2), log.slice(0, 4), log])
  })

  it('runs as many jobs at once as the pool has workers, and uses those again', async () => {
    const orders = Array.from({ length: 12 }, () => ['whoami'])
    const outcomes = await ask<Outcome[]>(open, 'run', orders, { size: 2 })
    expect(new Set(outcomes.map(({ value }) => value)).size).toBe(2)
  })

  it('ends a worker that idles, and starts another', async () => {
    expect(await ask(open, 'afterIdling')).toBe(true)
  })
}

interface Cancelled {
  readonly outcomes: [running: Outcome, waiting: Outcome]
  readonly answer: unknown
  readonly same: boolean
}

function cancelFacts(open: Open): void {
  it('cancels: the job that waits never starts, the one that runs is told why', async () => {
    const { outcomes, answer, same } = await ask<Cancelled>(open, 'cancel', 'patient', 'note')
    expect(outcomes).toMatchObject([{ message: 'enough' }, { message: 'enough' }])
    expect(answer).toEqual(['Error: enough', 'next begins', 'next ends'])
    expect(same).toBe(true)
  })

  it('replaces the worker of a cancelled job that does not stop', async () => {
    const { outcomes, answer, same } = await ask<Cancelled>(open, 'cancel', 'stubborn', 'note')
    expect(outcomes).toMatchObject([{ message: 'enough' }, { message: 'enough' }])
    expect(answer).toEqual(['next begins', 'next ends'])
    expect(same).toBe(false)
  })
}

function errorFacts(open: Open): void {
  it('keeps name, message, stack and cause of what a job throws', async () => {
    const [failed] = await ask<Outcome[]>(open, 'run', [['fail']])
    expect(failed).toMatchObject({ class: 'RangeError', message: 'no such row', cause: 'TypeError: row -1' })
    expect(failed?.stack).toMatch(/deep[^\n]*jobs\.js:\d+/)
  })

  it('keeps code and details of an AnywireError', async () => {
    const [refused] = await ask<Outcome[]>(open, 'run', [['refuse']])
    expect(refused).toMatchObject({ class: 'AnywireError', code: 'too-large', details: { expected: 10 } })
  })

  it.each([
    ['crash', /boom/],
    ['leave', /closed itself/],
  ])('rejects when the worker fails (%s), and goes on with another', async (name, message) => {
    const [failed, next] = await ask<Outcome[]>(open, 'runInTurn', [[name], ['note', 1]])
    expect(failed).toMatchObject({ class: 'AnywireError', code: 'internal', message: expect.stringMatching(message) })
    expect(next).toEqual({ value: ['1 begins', '1 ends'] })
  })

  it('rejects when the module cannot be loaded, and goes on', async () => {
    const [failed, next] = await ask<Outcome[]>(open, 'missing')
    expect(failed).toMatchObject({ code: 'unavailable', message: expect.stringContaining('/missing.js could not be') })
    expect(next).toEqual({ value: ['1 begins', '1 ends'] })
  })

  it('rejects what it cannot find or send', async () => {
    const { refused } = await ask<{ refused: Outcome[] }>(open, 'inputs')
    expect(refused).toMatchObject([{ code: 'bad-request' }, { code: 'bad-request' }])
    const outcomes = await ask<Outcome[]>(open, 'run', [['nowhere'], ['unsendable']])
    expect(outcomes).toMatchObject([{ code: 'bad-request' }, { code: 'internal' }])
  })
}
