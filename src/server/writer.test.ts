/** Tests of what the program itself writes: every wrong value or name is an AnywireError with a sentence. */
import { describe, expect, it, onTestFinished } from 'vitest'
import { AnywireError } from '../protocol/error.js'
import { createHub, type Hub } from './hub.js'
import type { HubOptions } from './options.js'

function world(options: HubOptions = {}): Hub {
  const hub = createHub({ ...options, rules: { text: { contentType: 'text/plain' }, bytes: { contentType: 'a/b' } } })
  onTestFinished(() => hub.close({ graceMs: 1 }))
  return hub
}

function circle(): unknown {
  const own: Record<string, unknown> = {}
  own.own = own
  return own
}

function fail(): never {
  throw new Error('not today')
}

async function refusal(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (thrown) => thrown,
  )
  expect(error).toBeInstanceOf(AnywireError)
  return `${(error as AnywireError).code}: ${(error as AnywireError).message}`
}

async function stored(hub: Hub, channel: string): Promise<unknown[]> {
  const found: unknown[] = []
  await hub.publish(channel, 'last', { close: true })
  for await (const one of hub.subscribe(channel, { from: 'start' })) found.push(one)
  return found.slice(0, -1)
}

describe.each(['publish', 'publishBatch'] as const)('hub.%s', (way) => {
  const say = (hub: Hub, channel: string, data: unknown) =>
    way === 'publish' ? hub.publish(channel, data) : hub.publishBatch(channel, [{ data: 'first' }, { data }])

  it.each<[string, string, unknown, string]>([
    ['a BigInt', 'json', 1n, 'The data has no spelling in JSON: Do not know how to serialize a BigInt.'],
    ['a BigInt inside', 'json', { id: 1n }, 'The data has no spelling in JSON: Do not know how'],
    ['a circle', 'json', circle(), 'The data has no spelling in JSON: Converting circular structure to JSON.'],
    ['a toJSON that throws', 'json', { toJSON: fail }, 'The data has no spelling in JSON: not today.'],
    ['a function', 'json', () => 1, 'The data has no spelling in JSON: it is of type function.'],
    ['a symbol', 'json', Symbol('s'), 'The data has no spelling in JSON: it is of type symbol.'],
    [
      'what is nested too deeply',
      'json',
      JSON.parse('['.repeat(101) + ']'.repeat(101)),
      'The data is nested too deeply',
    ],
    // It has no spelling where JSON.stringify needs a stack for it, and one that is nested too deeply from Node 26 on.
    ['what a stack may not hold', 'json', JSON.parse('['.repeat(20_000) + ']'.repeat(20_000)), 'The data '],
    ['a proxy that throws', 'json', new Proxy({}, { getPrototypeOf: fail }), 'The message cannot be read'],
    ['bytes', 'json', Buffer.from('x'), 'The channel holds JSON: publish a JSON value, not bytes.'],
    ['bytes of another kind', 'json', Uint8Array.of(1), 'The channel holds JSON'],
    ['nothing', 'json', undefined, 'A message without data must have a key'],
    ['half a surrogate pair', 'text', 'a\ud800', 'The text is not well-formed Unicode'],
    ['an object', 'text', { a: 1 }, 'The channel holds text/plain: publish a string or a Uint8Array.'],
    ['a number', 'bytes', 1, 'The channel holds a/b: publish a string or a Uint8Array.'],
    ['a BigInt in text', 'text', 1n, 'The channel holds text/plain'],
  ])('refuses %s in a channel of %s, and stores nothing', async (_, channel, data, sentence) => {
    const hub = world()
    expect(await refusal(say(hub, channel, data))).toContain(`bad-request: ${sentence}`)
    expect(await stored(hub, channel)).toEqual([])
  })

  it.each([5, undefined, null, {}, Symbol('s'), '', 'a//b', '\ud800'])('refuses the name %o', async (name) => {
    expect(await refusal(say(world(), name as string, 1))).toMatch(/^bad-request: The channel name /)
  })
})

describe('what goes with a message', () => {
  it.each<[string, object, string]>([
    ['a key that is no string', { key: 5 }, 'The key must be a string; it is of type number.'],
    ['a key that is a symbol', { key: Symbol('s') }, 'The key must be a string'],
    ['an event that is no string', { event: {} }, 'The event must be a string'],
    ['a producer that is none', { producer: 5 }, 'The producer id must be a string'],
    ['a producer without numbers', { producer: { id: 'p' } }, "The producer's epoch must be"],
    ...['gap', 'delete', 'position', 'error', 'open'].map((event): [string, object, string] => [
      `the event ${event}`,
      { event },
      `The event "${event}" is reserved`,
    ]),
  ])('is refused if it is %s', async (_, options, sentence) => {
    expect(await refusal(world().publish('json', 1, options))).toContain(`bad-request: ${sentence}`)
  })

  it('may be left out by null', async () => {
    await expect(world().publish('json', 1, null as never)).resolves.toMatchObject({ duplicate: false })
  })
})

describe('a batch', () => {
  it.each([undefined, null, 5, {}, 'text'])('that is %o is refused', async (batch) => {
    expect(await refusal(world().publishBatch('json', batch as never))).toContain('A batch is an array')
  })

  it.each([undefined, null, 5])('that holds %o is refused', async (one) => {
    expect(await refusal(world().publishBatch('json', [one as never]))).toContain('A message of a batch is an object')
  })
})

describe('hub.create and hub.delete', () => {
  it('create a channel where only that does, and delete it', async () => {
    const hub = world({ create: 'explicit' })
    expect(await refusal(hub.publish('json', 1))).toContain('unknown-channel')
    expect([await hub.create('json'), await hub.create('json')]).toEqual([true, false])
    await hub.publish('json', 1)
    expect([await hub.delete('json'), await hub.delete('json')]).toEqual([true, false])
    expect(await refusal(hub.publish('json', 1))).toContain('unknown-channel')
  })

  it('take the type of the rule, and no other', async () => {
    const hub = world()
    await hub.create('text')
    await expect(hub.publish('text', 'hi')).resolves.toBeDefined()
    expect(await refusal(hub.create('bytes', { contentType: 'text/plain' }))).toContain('conflict: The rule of "bytes"')
    await hub.create('free', { contentType: 'text/plain' })
    expect(await refusal(hub.create('free'))).toMatch(/^conflict: "free" exists with the content type text\/plain\.$/)
  })

  it.each<[object, string]>([
    [{ ttlSeconds: 1, expiresAt: 1 }, 'not both'],
    [{ ttlSeconds: -1 }, '"ttlSeconds" must be'],
    [{ ttlSeconds: '1' }, '"ttlSeconds" must be'],
    [{ expiresAt: 'tomorrow' }, '"expiresAt" must be'],
  ])('refuse the lifetime %o', async (options, sentence) => {
    expect(await refusal(world().create('json', options))).toContain(sentence)
  })

  it('are for the server, whatever the rules say', async () => {
    const hub = createHub({ rules: { c: { publish: false, manage: false } } })
    onTestFinished(() => hub.close({ graceMs: 1 }))
    expect([await hub.create('c'), await hub.delete('c')]).toEqual([true, true])
  })
})
