/** Tests of creating and deleting, on the store in memory: the same checks as a publish. */
import { describe, expect, it } from 'vitest'
import { ada, body, bytes, LateBody, road, WatchedBody } from '../../../test/road/publisher.js'
import { AnywireError } from '../../protocol/error.js'
import type { Limits } from '../limits.js'
import type { Incoming, Rules } from '../rule.js'
import type { CreateCommand } from './commands.js'
import { toCreateError, toRemoveError } from './outcome.js'

const json = 'application/json'
const content = (...texts: string[]) => ({ body: body(texts.map(bytes), json) })

function wrap(message: Incoming): void {
  message.data = [message.data]
}

function world(rules: Rules = {}, limits: Partial<Limits> = {}) {
  const made = road(rules, 'on-use', limits)
  /** The outcome's kind, or the error's code. */
  async function create(channel: string, request: Partial<CreateCommand> = {}) {
    try {
      const outcome = await made.publisher.create({ channel, author: ada, ...request })
      return toCreateError(outcome, channel)?.code ?? outcome.kind
    } catch (thrown) {
      return AnywireError.from(thrown).code
    }
  }
  async function remove(channel: string, author: typeof ada | undefined = ada) {
    try {
      const outcome = await made.publisher.remove({ channel, author })
      return toRemoveError(outcome, channel)?.code ?? outcome.kind
    } catch (thrown) {
      return AnywireError.from(thrown).code
    }
  }
  const exists = async (channel: string) => {
    const [info] = await made.store.position([channel])
    return typeof info === 'object' && info.exists
  }
  return { ...made, create, remove, exists }
}

describe('creating', () => {
  it('stores what `receive` makes of each message', async () => {
    const { create, texts } = world({ c: { receive: wrap } })
    expect(await create('c', content('1', '2'))).toBe('created')
    expect(await texts()).toEqual(['[1]', '[2]'])
  })

  it('leaves a channel that is there as it is, and asks `receive` nothing', async () => {
    const heard: unknown[] = []
    const { create, texts } = world({ c: { receive: ({ data }) => void heard.push(data) } })
    await create('c', content('1'))
    expect(await create('c', content('2'))).toBe('exists')
    expect([await texts(), heard]).toEqual([['1'], [1]])
  })

  it('reads the content only of who may create', async () => {
    const { create } = world({ c: { publish: false } })
    const late = new LateBody(() => bytes('1'))
    expect([await create('c', { body: late }), late.arrived]).toEqual(['forbidden', false])
    expect([await create('free', { body: late }), late.arrived]).toEqual(['created', true])
  })

  it('takes only the type that its rule is for', async () => {
    const { create, exists } = world({ c: { key: '/id' } })
    const text = { body: body([], 'text/plain') }
    expect([await create('c', text), await exists('c')]).toEqual(['conflict', false])
    expect(await create('free', text)).toBe('created')
  })

  it('closes only for who may manage', async () => {
    const { create, exists } = world({ c: { manage: false } })
    expect([await create('c', { close: true }), await exists('c')]).toEqual(['forbidden', false])
    expect(await create('c', { close: true, author: undefined })).toBe('created')
  })
})

describe('a fork', () => {
  const from = (source: string) => ({ fork: { source } })

  it.each([true, false])('is refused to who may not read the source, which exists: %s', async (there) => {
    const { create, store } = world({ 'private/*': { subscribe: async () => false } })
    if (there) await create('private/bob', content('"secret"'))
    let asked = 0
    const { position, create: made } = store
    Object.assign(store, {
      position(...all: Parameters<typeof position>) {
        asked++
        return position.apply(store, all)
      },
      create(...all: Parameters<typeof made>) {
        asked++
        return made.apply(store, all)
      },
    })
    expect(await create('c', from('private/bob'))).toBe('forbidden')
    expect(asked).toBe(0)
  })

  it('is refused of a name that is reserved, unless a rule lets it be read', async () => {
    expect(await world().create('c', from('$stats'))).toBe('forbidden')
    expect(await world({ $stats: { subscribe: true } }).create('c', from('$stats'))).toBe('unknown-channel')
  })

  it.each<[string, Rules[string]]>([
    ['a schema', { schema: { '~standard': { version: 1, vendor: 'x', validate: (value) => ({ value }) } } }],
    ['a receive', { receive: () => undefined }],
    ['a key', { key: '/id' }],
  ])('goes into a rule with %s only from the same rule', async (_, rule) => {
    const { create, texts } = world({ ':c': rule, 'free/*': {} })
    await create('a', content('{"id":"1"}'))
    await create('free/a', content('"forged"'))
    expect(await create('c', from('free/a'))).toBe('conflict')
    expect(await create('c', from('a'))).toBe('created')
    expect(await texts()).toEqual(['{"id":"1"}'])
    expect(await create('free/b', from('a'))).toBe('created')
  })

  it('takes over the type of its source for what comes with it', async () => {
    const { create, publisher, texts } = world()
    await create('a', content('1'))
    const two = new WatchedBody(() => bytes('2'))
    const outcome = await publisher.create({ channel: 'c', author: ada, ...from('a'), body: two })
    expect([outcome.kind, two.readAs, await texts()]).toEqual(['created', [json], ['1', '2']])
  })
})

describe('deleting', () => {
  it('is for who may manage, whoever may publish', async () => {
    const { create, remove, exists } = world({ c: { manage: ({ principal }) => principal.id === 'root' } })
    await create('c')
    expect([await remove('c'), await exists('c')]).toEqual(['forbidden', true])
    expect(await remove('c', { ...ada, principal: { id: 'root' } })).toBe('deleted')
    expect(await remove('c', { ...ada, principal: { id: 'root' } })).toBe('unknown-channel')
  })

  it.each([true, 'as-publish' as const])('is not granted of a reserved name by manage: %s', async (manage) => {
    expect(await world({ $x: { manage, publish: true } }).remove('$x')).toBe('forbidden')
  })
})

describe('the rate', () => {
  it('counts what is created and deleted, and each message in it', async () => {
    const { create, remove, say } = world({}, { publishesPerSecond: 4 })
    expect(await create('c', content('1', '2', '3'))).toBe('created')
    expect(await remove('c')).toBe('deleted')
    expect([await say('1'), await create('d'), await remove('d')]).toEqual(['too-many', 'too-many', 'too-many'])
  })

  it('counts each message of a publish, and a batch is all or nothing', async () => {
    const { say } = world({}, { publishesPerSecond: 4 })
    expect(await say(['1', '2', '3'])).toBe('appended')
    expect(await say(['4', '5'])).toBe('too-many')
    expect(await say('4')).toBe('appended')
    expect(await say('5')).toBe('too-many')
  })

  it('does not bind the server', async () => {
    const { say } = world({}, { publishesPerSecond: 1, messagesPerPublish: 1 })
    for (let again = 0; again < 3; again++) expect(await say(['1', '2'], { author: undefined })).toBe('appended')
  })
})
