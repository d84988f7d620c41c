/** The script of appends decides as the pure rule does: both are asked the same at random. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RedisServer } from '../../../test/support/redis.js'
import type { AppendOptions, AppendResult, ChannelConfig, NewMessage, Store } from '../../core/store.js'
import { microsOf, mintOffset, numberOf } from '../../protocol/offset.js'
import { type Existing, judgeAppend, mintWhen, type Vacant } from '../rules/append.js'
import { redis } from './redis.js'

const time = Date.UTC(2030, 0, 1)
const types = ['text/plain', 'TEXT/plain; charset=utf-8', 'image/png']
const config = (contentType: string): ChannelConfig => ({
  contentType,
  evictable: false,
  retain: { messages: null, bytes: null, ageMs: null },
})

interface Asked {
  readonly count: number
  readonly options: AppendOptions
}

const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined, freq: 2 })
const append: fc.Arbitrary<Asked> = fc.record({
  count: fc.nat({ max: 2 }),
  options: fc.record({
    create: maybe(fc.constantFrom(...types.map(config))),
    producer: maybe(
      fc.record({
        id: fc.constantFrom('p', 'q', ''),
        epoch: fc.nat({ max: 2 }),
        seq: fc.oneof(fc.nat({ max: 3 }), fc.constant(Number.MAX_SAFE_INTEGER)),
      }),
    ),
    close: maybe(fc.boolean().filter((close) => close)),
    contentType: maybe(fc.constantFrom(...types)),
    seq: maybe(fc.constantFrom('', '1', '10', '2', 'Z', 'a', '\u00e9', '\uffff', '\u{1f600}')),
    revive: maybe(fc.boolean()),
  }),
})

/** A channel as the rule sees it. */
class Model {
  #found: { head: string; closed: boolean; contentType: string; seq: string | undefined } | undefined
  readonly #birth: string
  readonly #producers = new Map<string, { id: string; epoch: number; seq: number }>()

  constructor(birth: string) {
    this.#birth = birth
  }

  append({ count, options }: Asked, messages: readonly NewMessage[]): AppendResult {
    const vacant: Vacant = { exists: false, gone: false, head: this.#birth, closed: false }
    const producers = this.#producers
    const existing = this.#found && { exists: true as const, ...this.#found, lastOf: (id: string) => producers.get(id) }
    const answer = judgeAppend((existing as Existing | undefined) ?? vacant, messages, options)
    if (answer) return answer
    const before = this.#found ?? {
      ...{ head: this.#birth, closed: false, seq: undefined, contentType: options.create!.contentType },
    }
    const micros = mintWhen(time, microsOf(before.head), 0)
    const head = count > 0 ? mintOffset(micros, numberOf(before.head) + count) : before.head
    const first = count > 0 ? mintOffset(micros, numberOf(before.head) + 1) : head
    this.#found = { ...before, head, closed: options.close ?? false, seq: options.seq ?? before.seq }
    const { producer } = options
    if (producer) this.#producers.set(producer.id, producer)
    return { kind: 'appended', first, next: head, closed: this.#found.closed }
  }

  /** The rule cannot know which random step was taken: it goes on from there. */
  take(next: string): void {
    if (this.#found) this.#found.head = next
  }
}

/** An answer whose *when* is left out. */
function plain(answer: AppendResult): unknown {
  const { first, next } = answer as { first?: string; next?: string }
  return { ...answer, ...(first && { first: numberOf(first) }), ...(next && { next: numberOf(next) }) }
}

describe('the script of appends', () => {
  let server: RedisServer
  let store: Store
  let names = 0

  beforeAll(async () => {
    server = await RedisServer.start({ kept: 'no' })
    store = await redis({ url: server.url, now: () => time })
  })
  afterAll(async () => {
    await store.close()
    await server.stop()
  })

  it('answers as the rule does, one by one and joined', async () => {
    const seed = Number(process.env.SEED ?? 0) || Date.now()
    console.log(`seed ${seed}`)
    await fc.assert(
      fc.asyncProperty(fc.array(append, { minLength: 1, maxLength: 12 }), fc.boolean(), async (appends, joined) => {
        const channel = `decisions/${++names}`
        const [info] = await store.position([channel])
        const model = new Model((info as { head: string }).head)
        const ask = ({ count, options }: Asked) => {
          const messages = Array.from({ length: count }, (_, index) => ({ data: Buffer.from(`${index}`) }))
          return { messages, answer: () => store.append(channel, messages, options) }
        }
        const asked = appends.map(ask)
        const answers = joined
          ? await Promise.all(asked.map(({ answer }) => answer()))
          : await asked.reduce<Promise<AppendResult[]>>(
              async (before, { answer }) => [...(await before), await answer()],
              Promise.resolve([]),
            )
        for (const [index, one] of appends.entries()) {
          const answer = answers[index]!
          expect(plain(answer)).toEqual(plain(model.append(one, asked[index]!.messages)))
          if ('next' in answer) model.take(answer.next)
        }
      }),
      { seed, numRuns: 300 },
    )
  })
})
