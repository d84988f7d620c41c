/** Faults by chance: what happens to a proxy and when follows from a seed. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Ending, FaultProxy, Seen } from '../../playground/server/faults/proxy.js'
import { Random } from '../hostile/random.js'

/** One fault: `lastsMs` after it began it is taken back, where it lasts at all. */
export interface Step {
  /** Milliseconds after the fault before it. */
  readonly afterMs: number
  readonly lastsMs: number
  /** The call, as it would be written. */
  readonly name: string
  /** Begins it, and returns what takes it back. */
  begin(proxy: FaultProxy): (() => unknown) | undefined
}

export interface Plan {
  readonly seed: number
  readonly steps: readonly Step[]
  /** All of it in a few lines, the seed first. */
  readonly text: string
}

export interface PlayOptions {
  /** @default a seed by chance */
  readonly seed?: number
  /** From the first fault to the healing of the last. @default 1000 */
  readonly withinMs?: number
  /** How many faults. @default 5 */
  readonly faults?: number
  /** Requests whose answers may be lost or that may come twice. @default every POST that asks for no stream */
  readonly writes?: (request: Seen) => boolean
  /** Only these kinds. @default all */
  readonly kinds?: readonly Kind[]
}

type Drawn = Pick<Step, 'name' | 'begin'>
type Draw = (random: Random, writes: (request: Seen) => boolean) => Drawn

const endings: readonly Ending[] = ['fin', 'reset']
const statuses = [500, 502, 503, 504, 429]

const draws = {
  cut: (random) => {
    const how = random.pick(endings)
    return atOnce(`cut('${how}')`, (proxy) => proxy.cut(how))
  },
  truncate: (random) => {
    const [bytes, how] = [random.below(300) + 1, random.pick(endings)]
    return atOnce(`truncate(${bytes}, '${how}')`, (proxy) => proxy.truncate(bytes, how))
  },
  halfOpen: () => atOnce('halfOpen()', (proxy) => proxy.halfOpen()),
  stall: (random) => {
    const direction = random.pick(['up', 'down', 'both'] as const)
    return lasting(
      `stall('${direction}')`,
      (proxy) => proxy.stall(direction),
      (proxy) => proxy.resume(direction),
    )
  },
  delay: (random) => {
    const [ms, jitterMs] = [random.below(30), random.below(50)]
    return lasting(
      `delay(${ms}, ${jitterMs})`,
      (proxy) => proxy.delay(ms, jitterMs),
      (proxy) => proxy.delay(0),
    )
  },
  refuse: (random) => {
    const how = random.pick(['reset', 'fin', 'port'] as const)
    return lasting(
      `cut(); refuse('${how}')`,
      (proxy) => {
        proxy.refuse(how)
        void proxy.cut()
      },
      (proxy) => proxy.accept(),
    )
  },
  webSockets: (random) => {
    const ms = random.below(100) + 1
    const fault = random.pick(['black-hole', 'mute', { refuse: 200 }, { refuse: 403 }, { killAfterMs: ms }] as const)
    return lasting(
      `cut('reset', 'websockets'); webSockets(${JSON.stringify(fault)})`,
      (proxy) => {
        proxy.webSockets(fault)
        void proxy.reset('websockets')
      },
      (proxy) => {
        proxy.webSockets('pass')
        if (fault === 'black-hole' || fault === 'mute') void proxy.reset()
      },
    )
  },
  buffer: (random) => {
    const bytes = random.pick([200, 4_096, Number.POSITIVE_INFINITY])
    return lasting(
      `cut('reset', 'streams'); buffer({ bytes: ${bytes} })`,
      (proxy) => {
        proxy.buffer({ bytes })
        void proxy.reset('streams')
      },
      (proxy) => {
        proxy.buffer(null)
        void proxy.cut('fin', 'streams')
      },
    )
  },
  status: (random) => {
    const [code, times] = [random.pick(statuses), random.below(4) + 1]
    const headers: Record<string, string> = code === 429 || random.chance(0.3) ? { 'Retry-After': '0' } : {}
    return planned(`status(${code}, ${JSON.stringify(headers)}, { times: ${times} })`, (proxy) =>
      proxy.status(code, headers, { times, match: () => true }),
    )
  },
  lose: (random, match) => {
    const [how, times] = [random.pick(endings), random.below(2) + 1]
    return planned(`lose({ how: '${how}', times: ${times} })`, (proxy) => proxy.lose({ how, times, match }))
  },
  duplicate: (random, match) => {
    const [answer, times] = [random.pick(['first', 'second'] as const), random.below(3) + 1]
    return planned(`duplicate({ answer: '${answer}', times: ${times} })`, (proxy) =>
      proxy.duplicate({ answer, times, match }),
    )
  },
} as const satisfies Record<string, Draw>

export type Kind = keyof typeof draws
const all = Object.keys(draws) as Kind[]

/** Draws faults: the same ones for the same seed and options. */
export function schedule(options: PlayOptions = {}): Plan {
  const { withinMs = 1_000, faults = 5, kinds = all, writes = isWrite } = options
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 32)
  const random = new Random(seed)
  const shareMs = withinMs / faults
  const steps = Array.from({ length: faults }, (): Step => {
    const afterMs = Math.floor((random.next() * shareMs) / 2)
    const lastsMs = Math.floor((random.next() * shareMs) / 2)
    return { afterMs, lastsMs, ...draws[random.pick(kinds)](random, writes) }
  })
  const lines = steps.map(({ afterMs, lastsMs, name }) => `  after ${afterMs} ms, for ${lastsMs} ms: ${name}`)
  return { seed, steps, text: `faults of seed ${seed}:\n${lines.join('\n')}` }
}

/** Does the faults one after the other, prints the seed, and heals the proxy at the end or when told to stop. */
export async function play(proxy: FaultProxy, plan: Plan, options: { signal?: AbortSignal; quiet?: boolean } = {}) {
  const { signal, quiet = false } = options
  if (!quiet) console.info(plan.text)
  try {
    for (const step of plan.steps) {
      await wait(step.afterMs, undefined, { signal })
      const end = step.begin(proxy)
      await wait(end ? step.lastsMs : 0, undefined, { signal })
      await end?.()
    }
  } catch (thrown) {
    if (!signal?.aborted) throw thrown
  } finally {
    await proxy.heal()
  }
}

function isWrite({ method, headers, upgrade }: Seen): boolean {
  return method === 'POST' && !upgrade && !headers.get('accept')?.includes('event-stream')
}

function atOnce(name: string, begin: (proxy: FaultProxy) => unknown): Drawn {
  return {
    name,
    begin: (proxy) => {
      void begin(proxy)
      return undefined
    },
  }
}

function lasting(name: string, begin: (proxy: FaultProxy) => void, end: (proxy: FaultProxy) => unknown): Drawn {
  return {
    name,
    begin: (proxy) => {
      begin(proxy)
      return () => end(proxy)
    },
  }
}

function planned(name: string, begin: (proxy: FaultProxy) => () => void): Drawn {
  return { name, begin }
}
