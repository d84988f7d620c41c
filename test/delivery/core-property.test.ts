/** Promises 1 to 3 as a property of the core alone: wires that stop and go, a store that forgets and whose wake-ups fail. */
import fc from 'fast-check'
import { describe, it } from 'vitest'
import type { Framing } from '../../src/protocol/framing.js'
import type { Slice } from '../../src/protocol/message.js'
import { Judge, Ledger, last } from '../resume/ledger.js'
import { MemoryWire } from '../support/core/memory-wire.js'
import { type Reader, Room, turn, words } from '../support/core/room.js'

const seed = Number(process.env.TEST_SEED ?? Math.floor(Math.random() * 2 ** 31))
const runs = Number(process.env.TEST_RUNS ?? 1_000)

/** Tells where a gap leads. */
const telling: Framing = {
  ...words,
  name: 'telling',
  gap: (_channel, { reason, to, missed }) => Buffer.from(`[${reason},${to},${missed ?? ''}] `),
}

/** Holds every third message back until another follows it. */
const holding: Framing = {
  ...telling,
  name: 'holding',
  fit({ messages, closed }: Slice) {
    const [held] = messages.slice(-1)
    return held && !closed && Number(held.offset.slice(17)) % 3 === 0 ? messages.length - 1 : messages.length
  },
}

type Step =
  | { readonly do: 'publish'; readonly count: number; readonly size: number }
  | { readonly do: 'pause' | 'resume' | 'leave'; readonly who: number }
  | { readonly do: 'wakes'; readonly how: 'come' | 'get lost' | 'come twice' | 'come late' }
  | { readonly do: 'delete' | 'discontinuity' | 'turn' }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('publish' as const),
      count: fc.integer({ min: 1, max: 12 }),
      size: fc.constantFrom(0, 0, 10, 400),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('pause', 'resume', 'leave'), who: fc.nat(5) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('wakes' as const),
      how: fc.constantFrom('come', 'come', 'get lost', 'come twice', 'come late'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('delete', 'discontinuity') }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('turn' as const) }) },
)

/** A channel whose history is written down, with readers who keep nothing but their position. */
class Story {
  readonly room = new Room(
    { windowMessages: 8, sliceBytes: 300, pageMessages: 5 },
    { retain: { messages: 30, bytes: null, ageMs: null } },
  )
  readonly ledger = new Ledger()
  readonly readers: { reader: Reader; judge: Judge; heard: number; readonly framing: Framing }[] = []

  async begin(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const framing = i % 2 ? holding : telling
      const reader = await this.room.reader({ framing, wire: new MemoryWire(i * 100) })
      this.readers.push({ reader, judge: new Judge(this.ledger), heard: 0, framing })
    }
  }

  async happen(step: Step): Promise<void> {
    switch (step.do) {
      case 'publish': {
        const filling = step.size > 0 ? `:${'x'.repeat(step.size)}` : ''
        const ids = this.ledger.names(Array.from({ length: step.count }, () => 1))
        this.ledger.stored(await this.room.publish(...ids.map((id) => id + filling)))
        return
      }
      case 'pause':
      case 'resume':
        return this.readers[step.who]?.reader.wire[step.do]()
      case 'leave':
        return this.again(step.who)
      case 'wakes':
        return this.wakes(step.how)
      case 'delete':
        await this.room.store.delete(this.room.name)
        return this.ledger.ends()
      case 'discontinuity':
        return this.room.store.wake({ kind: 'discontinuity' })
      case 'turn':
        return turn()
    }
  }

  /** All goes well again; everyone must come to the last message. */
  async end(): Promise<void> {
    this.wakes('come')
    await turn()
    this.room.store.wake({ kind: 'discontinuity' })
    await turn()
    this.ledger.stored(await this.room.publish(last))
    await this.room.close()
    for (const one of this.readers) {
      one.reader.wire.resume()
      await one.reader.wire.until(({ over }) => over)
      this.listen(one)
      if (!one.judge.done) throw new Error(`A reader did not come to the end: ${one.judge.heard.slice(-9).join(', ')}`)
    }
  }

  /** A reader leaves, and comes back from the position of what it has heard. */
  private async again(who: number): Promise<void> {
    const one = this.readers[who]
    if (!one) return
    const { wire, connection, subscription } = one.reader
    wire.resume()
    const from = subscription.position
    connection.close()
    this.listen(one)
    one.reader = await this.room.reader({ framing: one.framing, from, wire: new MemoryWire(who * 100) })
    one.heard = 0
  }

  private listen(one: (typeof this.readers)[number]): void {
    const heard = one.reader.got.split(' ').filter((word) => word !== '' && word !== '♥')
    for (const word of heard.slice(one.heard)) {
      const gap = /^\[(\w+),(\d+_\d+),(\d*)\]$/.exec(word)
      if (gap) {
        const missed = gap[3] ? Number(gap[3]) : undefined
        one.judge.hear({ kind: 'gap', reason: gap[1]!, to: gap[2]!, missed }, '')
      } else if (word === last) one.judge.finish()
      else if (word !== '.') one.judge.hear({ kind: 'message', id: word.split(':')[0]! }, '')
    }
    one.heard = heard.length
  }

  private wakes(how: Extract<Step, { do: 'wakes' }>['how']): void {
    const { store } = this.room
    store.onWake = (wake) => {
      if (how === 'come late') setImmediate(() => store.wake(wake))
      return how === 'come' ? [wake] : how === 'come twice' ? [wake, wake] : []
    }
  }
}

describe('delivery', () => {
  it(`promise 1, 2, 3: each reading is exactly the log or an announced gap (seed ${seed})`, {
    timeout: 240_000,
  }, async () => {
    const steps = fc.array(step, { minLength: 1, maxLength: 60 })
    const property = fc.asyncProperty(steps, fc.integer({ min: 1, max: 6 }), async (all, count) => {
      const story = new Story()
      await story.begin(count)
      for (const one of all) await story.happen(one)
      await story.end()
    })
    await fc.assert(property, { seed, numRuns: runs })
  })
})
