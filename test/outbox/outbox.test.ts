/** Promise 4 as a property: whatever breaks between a page and the server, each publish is stored once, in order. */
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, it } from 'vitest'
import { Random } from '../hostile/random.js'
import type { Fault } from './line.js'
import { channels, type Kind, World } from './world.js'

// `TEST_SEED=… TEST_RUNS=1 npx vitest run test/outbox/outbox.test.ts` repeats a story, as far as the network lets it.
const seed = Number(process.env.TEST_SEED ?? Math.floor(Math.random() * 2 ** 31))
const runs = Number(process.env.TEST_RUNS ?? 300)

interface Story {
  readonly faults: readonly Fault[]
  readonly steps: readonly string[]
  readonly kinds: readonly Kind[]
}

const faults: readonly Fault[] = ['none', 'none', 'none', 'before', 'behind', 'between']
const steps = ['say', 'say', 'say', 'wait', 'wait', 'cut']
const kinds: readonly Kind[] = ['good', 'good', 'good', 'good', 'bad', 'ask']

async function tell(story: Story, from: number): Promise<void> {
  const random = new Random(from)
  const publishesPerSecond = random.pick([null, 300])
  const world = new World({ random, fault: () => random.pick(story.faults), limits: { publishesPerSecond } })
  await world.start()
  world.open()
  for (let i = random.below(25) + 5; i > 0; i--) {
    const page = random.pick(world.pages)
    switch (random.pick(story.steps)) {
      case 'say':
        for (let n = random.below(12); n >= 0; n--) world.say(page, random.pick(channels), random.pick(story.kinds))
        break
      case 'wait':
        await sleep(random.below(8))
        break
      case 'cut':
        page.line.cut()
        break
      case 'offline':
        page.line.online = !page.line.online
        if (page.line.online) page.line.cut()
        break
      case 'restart':
        world.restart()
        break
      case 'reload':
        world.crash(page)
        world.open()
        break
      case 'open':
        world.open()
        break
      case 'leave':
        if (world.pages.length > 1) world.crash(page)
        break
    }
  }
  await world.settle()
  await world.check()
}

/** Tells many stories, each from a seed that is named where it fails. */
async function tellMany(story: Story): Promise<void> {
  for (let i = 0; i < runs / 5; i++) {
    await tell(story, seed + i).catch((cause: unknown) => {
      throw new Error(`Seed ${seed + i}: ${(cause as Error).message}`, { cause })
    })
  }
}

describe('promise 4: an outbox stores each publish once, in order', () => {
  it('over a line that loses requests and answers', () => tellMany({ faults, steps, kinds }))

  it('though requests of a lost line arrive later', () => tellMany({ faults: [...faults, 'late'], steps, kinds }))

  it('though the page is reloaded or crashes', () =>
    tellMany({ faults: [...faults, 'late'], steps: [...steps, 'reload', 'reload', 'offline'], kinds }))

  it('though the server forgets everything', () =>
    tellMany({ faults, steps: [...steps, 'restart', 'reload', 'offline'], kinds }))

  it('of several pages, of which some close and others take over', () =>
    tellMany({ faults: [...faults, 'late'], steps: [...steps, 'open', 'leave', 'reload', 'offline'], kinds }))
})
