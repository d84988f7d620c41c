/** Tests of a rule at work on what a client publishes: key, schema and `receive`. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { type Asked, bytes, producer, road } from '../../../test/road/publisher.js'
import { deferred } from '../../../test/support/core/deferred.js'
import { AnywireError } from '../../protocol/error.js'
import type { Rule } from '../rule.js'
import { toError } from './outcome.js'

const refusing: Rule = {
  receive() {
    throw new AnywireError('rejected', 'Not today.')
  },
}

function fail(): never {
  throw new Error('not today')
}

function circle(): unknown {
  const own: Record<string, unknown> = {}
  own.own = own
  return own
}

/** What JSON cannot spell, or spells more deeply than clients may. */
const unspellable: readonly [string, () => unknown][] = [
  ['a BigInt', () => 1n],
  ['a row with a BigInt', () => ({ id: 10n })],
  ['a function', () => () => 1],
  ['a symbol', () => Symbol('s')],
  ['a circle', circle],
  ['what spells itself by throwing', () => ({ toJSON: fail })],
  ['a getter that throws', () => Object.defineProperty({}, 'a', { enumerable: true, get: fail })],
  ['a proxy that throws', () => new Proxy({}, { get: fail, ownKeys: fail })],
  ['what is nested too deeply', () => JSON.parse('['.repeat(101) + ']'.repeat(101))],
  ['what is nested without an end', () => JSON.parse('['.repeat(6_000) + ']'.repeat(6_000))],
]

describe('key', () => {
  const rules = { c: { key: '/symbol', keys: true } }

  it('is read from the message where the rule says', async () => {
    const { say, log } = road(rules)
    await say(['{"symbol":"A"}', '{"symbol":7}', '{"symbol":null}'])
    expect((await log()).map(({ key }) => key)).toEqual(['A', '7', undefined])
  })

  it('that the publisher names wins', async () => {
    const { say, log } = road(rules)
    await say('', { messages: [{ ...bytes('{"symbol":"A"}'), key: 'B' }] })
    expect((await log())[0]!.key).toBe('B')
  })

  it('in a message is checked as any other', async () => {
    expect(await road(rules).say('{"symbol":"a\\nb"}')).toBe('bad-request')
  })

  it('follows what receive made of the message', async () => {
    const { say, log } = road({
      c: { ...rules.c, receive: (message) => void Object.assign(message, { data: { symbol: 'new' } }) },
    })
    await say('{"symbol":"old"}')
    expect((await log())[0]!.key).toBe('new')
  })

  it('without data stores a tombstone', async () => {
    const { say, log } = road(rules)
    expect(await say('', { messages: [{ data: undefined, key: 'A' }] })).toBe('appended')
    expect(await log()).toMatchObject([{ data: undefined, key: 'A' }])
  })
})

describe('receive', () => {
  it('gets the value, and keeps the bytes if it changes nothing', async () => {
    const seen: unknown[] = []
    const { say, texts } = road({ c: { receive: (message) => void seen.push(message.data) } })
    await say('{ "n": 1.0 }')
    expect(seen).toEqual([{ n: 1 }])
    expect(await texts()).toEqual(['{ "n": 1.0 }'])
  })

  it.each<[string, Rule['receive']]>([
    ['assigned', (message) => void Object.assign(message, { data: { ...(message.data as object), at: 5 } })],
    ['changed in place', (message) => void Object.assign(message.data as object, { at: 5 })],
  ])('stores data that was %s', async (_, receive) => {
    const { say, texts } = road({ c: { receive } })
    await say('{ "n": 1 }')
    expect(await texts()).toEqual(['{"n":1,"at":5}'])
  })

  it('gets a string in a text channel, and bytes in others', async () => {
    for (const [contentType, expected] of [
      ['text/plain', 'hi'],
      ['image/png', Buffer.from('hi')],
    ] as const) {
      const seen: unknown[] = []
      await road({ c: { contentType, receive: (message) => void seen.push(message.data) } }).say('hi')
      expect(seen).toEqual([expected])
    }
  })

  it('refuses with the words of its AnywireError', async () => {
    const { tell, texts, errors } = road({ c: refusing })
    expect(toError(await tell('1'), 'c')).toMatchObject({ code: 'rejected', message: 'Not today.' })
    expect(await texts()).toEqual([])
    expect(errors).toEqual([])
  })

  it('that fails is internal, and told to the server', async () => {
    const cause = new TypeError('x is not a function')
    const { say, errors } = road({ c: { receive: () => Promise.reject(cause) } })
    expect(await say('1')).toBe('internal')
    expect(errors).toMatchObject([{ code: 'internal', cause }])
  })

  it('answers the publisher in JSON: a value for one message, an array for several', async () => {
    const { tell } = road({ c: { receive: ({ data }) => (data === 0 ? undefined : Number(data) * 2) } })
    expect((await tell('21')) as object).toMatchObject({ kind: 'appended', reply: '42' })
    expect((await tell(['1', '0'])) as object).toMatchObject({ reply: '[2,null]' })
    expect('reply' in (await tell('0'))).toBe(false)
  })

  it('stores nothing of what it discards, and still replies', async () => {
    const { tell, texts, store } = road({
      c: {
        receive(message) {
          if (message.data !== 'keep') message.discard()
          return 'ok'
        },
      },
    })
    expect(await tell('"drop"')).toEqual({ kind: 'replied', reply: '"ok"' })
    expect((await store.position(['c']))[0]).toMatchObject({ exists: false })
    await tell(['"drop"', '"keep"'])
    expect(await texts()).toEqual(['"keep"'])
  })

  it.each(unspellable)('that leaves %s as data stores nothing', async (_, data) => {
    const { say, texts, errors } = road({ c: { receive: (message) => void Object.assign(message, { data: data() }) } })
    expect(await say('1')).toBe('internal')
    expect(await texts()).toEqual([])
    expect(errors).toHaveLength(1)
  })

  it.each(unspellable)('that answers %s, which JSON cannot spell, stores nothing', async (_, reply) => {
    const { say, texts, errors } = road({ c: { receive: ({ data }) => (data === 1 ? reply() : 'fine') } })
    expect(await say('1')).toBe('internal')
    expect(await say(['2', '1'])).toBe('internal')
    expect(await texts()).toEqual([])
    expect(errors).toHaveLength(2)
    expect(await say('2')).toBe('appended')
  })

  it('that never answers frees its lane at the deadline, and what it answers then stores nothing', async () => {
    const late = deferred<void>()
    const { tell, say, texts, publisher, errors } = road(
      { c: { receive: ({ data }) => (data === 1 ? late.promise : undefined) } },
      'on-use',
      { functionMs: 30 },
    )
    const lane = {}
    const hung = tell('1', { lane })
    expect(await say('2', { lane })).toBe('appended')
    expect(await hung).toMatchObject({ kind: 'refused', error: { code: 'internal' } })
    late.resolve()
    await late.promise
    expect(await texts()).toEqual(['2'])
    expect(publisher.busyLanes).toBe(0)
    expect(String(errors[0]!.cause)).toContain('"receive" of the rule "c" did not answer within 30 ms')
    expect(errors).toHaveLength(1)
  })

  it('promise 4: stores none of several when it refuses the last', async () => {
    const { say, texts } = road({
      c: {
        receive({ data }) {
          if (data === 3) throw new AnywireError('rejected', 'No three.')
        },
      },
    })
    expect(await say(['1', '2', '3'])).toBe('rejected')
    expect(await texts()).toEqual([])
  })

  it.each([
    ['an event with a line break', { event: 'a\nb' }],
    ['a reserved event', { event: 'gap' }],
    ['an event that is no string', { event: 1 }],
    ['a key that is too long', { key: 'k'.repeat(21) }],
    ['a key that is no string', { key: {} }],
    ['neither data nor key', { data: undefined }],
  ])('that leaves %s is at fault, not the publisher', async (_, left) => {
    const { say, texts, errors } = road({ c: { receive: (message) => void Object.assign(message, left) } })
    expect(await say('1')).toBe('internal')
    expect(await texts()).toEqual([])
    expect(errors).toHaveLength(1)
    expect(String(errors[0]!.cause)).toContain('A rule left a message that cannot be stored')
  })

  it('that makes a message too large asks its publisher to send less', async () => {
    const { say, errors } = road({
      c: { receive: (message) => void Object.assign(message, { data: 'x'.repeat(1_001) }) },
    })
    expect(await say('1')).toBe('too-large')
    expect(errors).toEqual([])
  })

  it('is not at fault for what the publisher named', async () => {
    const { say, errors } = road({ c: { receive: () => undefined } })
    for (const wrong of [{ event: 'gap' }, { key: 'k'.repeat(21) }, { data: Buffer.alloc(1_001, '1') }]) {
      const code = await say('', { messages: [{ ...bytes('1'), ...wrong }] })
      expect(['bad-request', 'too-large']).toContain(code)
    }
    expect(errors).toEqual([])
  })

  it('has one deadline for all messages of a publish', async () => {
    const heard: unknown[] = []
    const slow: Rule = {
      receive: ({ data }) => {
        heard.push(data)
        return new Promise((resolve) => setTimeout(resolve, 30))
      },
    }
    const { say, texts, errors } = road({ c: slow }, 'on-use', { functionMs: 100 })
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const later = async (ms: number, said: Promise<string>) => {
      for (let passed = 0; passed < ms; passed += 10) await vi.advanceTimersByTimeAsync(10)
      return said
    }
    expect(await later(200, say(Array.from({ length: 50 }, (_, i) => `${i}`)))).toBe('internal')
    expect(await texts()).toEqual([])
    expect(errors).toHaveLength(1)
    expect(heard).toHaveLength(4)
    expect(await later(30, say('"after"'))).toBe('appended')
    expect(heard).toHaveLength(5)
  })

  it('that says `unavailable` asks the publisher to come again, which is no failure', async () => {
    const busy = new AnywireError('unavailable', 'The database is away.', { details: { retryMs: 5_000 } })
    const receive = () => {
      throw busy
    }
    const { tell, errors } = road({ c: { receive } })
    expect(await tell('1')).toMatchObject({
      kind: 'refused',
      error: { code: 'unavailable', details: { retryMs: 5_000 }, meaning: { retry: 'later' } },
    })
    expect(errors).toEqual([])
  })

  it('leaves the loop to others between many messages', async () => {
    const receive = () => {
      for (const until = performance.now() + 2; performance.now() < until; );
    }
    const { say } = road({ c: { receive } })
    let turns = 0
    let over = false
    const count = () => {
      turns++
      if (!over) setImmediate(count)
    }
    setImmediate(count)
    expect(await say(Array.from({ length: 30 }, () => '1'))).toBe('appended')
    over = true
    expect(turns).toBeGreaterThan(5)
  })

  it('takes JSON nested beyond all measure without harm', async () => {
    const { say } = road({ c: { receive: () => undefined } }, 'on-use', { messageBytes: 1_000_000 })
    expect(await say('['.repeat(200_000) + ']'.repeat(200_000))).toBe('bad-request')
  })
})

describe('before receive', () => {
  /** Says which outcome came, and that receive was not asked. */
  async function told(
    prepare: (it: ReturnType<typeof road>) => Promise<unknown>,
    request: Asked,
    create: 'on-use' | 'explicit' = 'on-use',
  ) {
    const asked: unknown[] = []
    const it = road({ c: { receive: (message) => void asked.push(message.data) } }, create)
    await prepare(it)
    asked.length = 0
    const kind = await it.say('1', request)
    expect(asked).toEqual([])
    return kind
  }
  const none = async () => undefined

  it('promise 4: a duplicate is told', async () => {
    const twice = { producer: producer(0) }
    expect(await told(({ say }) => say('1', twice), twice)).toBe('duplicate')
  })

  it('promise 4: a fenced producer is told', async () => {
    expect(await told(({ say }) => say('1', { producer: producer(0, 5) }), { producer: producer(0) })).toBe('fenced')
  })

  it('promise 4: a sequence gap is told, in a new channel too', async () => {
    expect(await told(({ say }) => say('1', { producer: producer(0) }), { producer: producer(2) })).toBe('sequence-gap')
    expect(await told(none, { producer: producer(2) })).toBe('sequence-gap')
  })

  it('closed, mismatch and missing are told', async () => {
    expect(await told(({ say }) => say('1', { close: true }), {})).toBe('closed')
    expect(await told(({ say }) => say('1'), { contentType: 'text/plain' })).toBe('conflict')
    expect(await told(none, {}, 'explicit')).toBe('unknown-channel')
  })

  it('malformed JSON is told', async () => {
    expect(await told(none, { messages: [bytes('{')] })).toBe('bad-request')
  })

  it('the one who closed with a producer is told that it is a duplicate', async () => {
    const closing = { producer: producer(0), close: true }
    expect(await told(({ say }) => say('1', closing), closing)).toBe('duplicate')
  })
})

describe('schema', () => {
  const schemaOf = (
    validate: (value: unknown) => StandardSchemaV1.Result<unknown> | Promise<StandardSchemaV1.Result<unknown>>,
  ): StandardSchemaV1 => ({
    '~standard': { version: 1, vendor: 'test', validate },
  })
  const numbers = schemaOf(async (value) =>
    typeof value === 'number' ? { value } : { issues: [{ message: 'not a number', path: ['n', { key: 0 }] }] },
  )

  it('refuses with its issues, before receive hears of any message', async () => {
    const seen: unknown[] = []
    const { tell, texts } = road({ c: { schema: numbers, receive: ({ data }) => void seen.push(data) } })
    const error = toError(await tell(['1', '"x"']), 'c')
    expect(error).toMatchObject({
      code: 'rejected',
      details: { issues: [{ message: 'not a number', path: ['n', 0] }] },
    })
    expect([seen, await texts()]).toEqual([[], []])
  })

  it('keeps the bytes if its output says the same', async () => {
    const { say, texts } = road({ c: { schema: schemaOf((value) => ({ value: structuredClone(value) })) } })
    await say('{ "n": 1 }')
    expect(await texts()).toEqual(['{ "n": 1 }'])
  })

  it('stores its output if that is another', async () => {
    const { say, texts } = road({
      c: { schema: schemaOf((value) => ({ value: { ...(value as object), added: true } })) },
    })
    await say('{ "n": 1 }')
    expect(await texts()).toEqual(['{"n":1,"added":true}'])
  })

  it('is not got round by a channel of another type', async () => {
    const { say, store } = road({ c: { schema: numbers } })
    expect(await say('x', { contentType: 'text/plain' })).toBe('conflict')
    const retain = { messages: null, bytes: null, ageMs: null }
    await store.create('c', { contentType: 'text/plain', retain, evictable: false })
    expect(await say('x', { contentType: 'text/plain' })).toBe('conflict')
  })
})
