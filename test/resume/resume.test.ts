/** Promise 2 and 3 as a property: whatever happens to the log, each reading is exactly the log, or a gap is announced. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { forms, type Leg, Traveller } from './forms.js'
import { type Event, type Kind, World } from './world.js'

// `TEST_SEED=… TEST_SHRINK=1 npx vitest run test/resume/resume.test.ts` repeats a story, as far as the network lets it, and makes it shorter.
const seed = Number(process.env.TEST_SEED ?? Math.floor(Math.random() * 2 ** 31))
const runs = Number(process.env.TEST_RUNS ?? 400)
/** No story takes as long. */
const patienceMs = 60_000

const size = fc.oneof(
  { weight: 1, arbitrary: fc.constant(0) },
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 200 }) },
  { weight: 2, arbitrary: fc.integer({ min: 1_000, max: 20_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 60_000, max: 70_000 }) },
)
const some = fc.array(size, { minLength: 1, maxLength: 12 })
const many = fc
  .tuple(fc.integer({ min: 20, max: 260 }), fc.integer({ min: 0, max: 300 }))
  .map(([count, bytes]) => Array.from({ length: count }, () => bytes))

const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('publish' as const), sizes: some }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('batch' as const), sizes: some }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('publish', 'batch'), sizes: many }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('restart', 'lose') }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('clock-back' as const), ms: fc.integer({ min: 1, max: 100_000 }) }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 25 }) }) },
)

const leg: fc.Arbitrary<Leg> = fc.record({
  form: fc.constantFrom(...forms),
  cut: fc.oneof(fc.integer({ min: 0, max: 3_000 }), fc.integer({ min: 0, max: 300_000 })),
  pauseMs: fc.oneof(
    { weight: 3, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 30 }) },
  ),
  stayMs: fc.integer({ min: 5, max: 60 }),
})

const story = fc.record({
  kind: fc.constantFrom<Kind>('json', 'text'),
  events: fc.array(event, { minLength: 3, maxLength: 25 }),
  journeys: fc.array(fc.array(leg, { minLength: 1, maxLength: 8 }), { minLength: 2, maxLength: 4 }),
})

/** Reads leg after leg, over and over, until the last message of all has come. */
async function travel(world: World, position: string, legs: readonly Leg[]): Promise<void> {
  const traveller = new Traveller(world, position)
  const deadline = performance.now() + patienceMs
  for (let i = 0; !traveller.done; i++) {
    if (performance.now() > deadline) throw new Error(`A reader never came to the end: ${traveller.story}`)
    // A leg that is cut off too early for one message would never get anywhere: each round reaches further.
    const { cut, stayMs, ...rest } = legs[i % legs.length]!
    const round = Math.floor(i / legs.length)
    await traveller.go({ ...rest, cut: cut + round * 20_000, stayMs: stayMs + round * 20 })
  }
}

async function tell({ kind, events, journeys }: { kind: Kind; events: Event[]; journeys: Leg[][] }): Promise<void> {
  const world = await World.open(kind)
  try {
    const birth = await world.head()
    const readings = Promise.all(journeys.map((legs) => travel(world, birth, legs)))
    readings.catch(() => undefined) // awaited below, after what happens
    for (const one of events) await world.happen(one)
    await world.finish()
    await readings
  } finally {
    await world.close()
  }
}

describe('resume', () => {
  it(`promise 2, 3: each reading is exactly the log or an announced gap (seed ${seed})`, {
    timeout: 900_000,
  }, async () => {
    await fc.assert(fc.asyncProperty(story, tell), { seed, numRuns: runs, endOnFailure: !process.env.TEST_SHRINK })
    expect(runs).toBeGreaterThan(0)
  })
})
