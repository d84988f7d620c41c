/** Tests of the publish path, on the store in memory. */
import { describe, expect, it } from 'vitest'
import { type Asked, bytes, producer, road, WatchedBody } from '../../../test/road/publisher.js'
import { AnywireError } from '../../protocol/error.js'
import type { Rule } from '../rule.js'
import { toError } from './outcome.js'

const refusing: Rule = {
  receive() {
    throw new AnywireError('rejected', 'Not today.')
  },
}

describe('publish', () => {
  it('stores the bytes that came', async () => {
    const { say, texts } = road()
    expect(await say('{ "price": 1.10 }')).toBe('appended')
    expect(await texts()).toEqual(['{ "price": 1.10 }'])
  })

  it.each<[string, Asked, string]>([
    ['a message over the limit', { messages: [bytes(`"${'x'.repeat(1_000)}"`)] }, 'too-large'],
    ['a long key', { messages: [{ ...bytes('1'), key: 'k'.repeat(21) }] }, 'bad-request'],
    ['a key of long characters', { messages: [{ ...bytes('1'), key: '€'.repeat(7) }] }, 'bad-request'],
    ['an event with a line break', { messages: [{ ...bytes('1'), event: 'a\ndata: x' }] }, 'bad-request'],
    ['a key that is half a character', { messages: [{ ...bytes('1'), key: '\ud800' }] }, 'bad-request'],
    ['a message with neither data nor key', { messages: [{ data: undefined }] }, 'bad-request'],
    ['no message', { messages: [] }, 'bad-request'],
    ['a long Stream-Seq', { seq: '1'.repeat(21) }, 'bad-request'],
    ['an empty producer id', { producer: { id: '', epoch: 0, seq: 0 } }, 'bad-request'],
    ['a negative sequence number', { producer: producer(-1) }, 'bad-request'],
    ['a sequence number that is none', { producer: producer('0' as unknown as number) }, 'bad-request'],
    ['JSON that is none', { messages: [bytes('{')] }, 'bad-request'],
    ['no bytes as JSON', { messages: [bytes('')] }, 'bad-request'],
    ['JSON that is not UTF-8', { messages: [{ data: Buffer.from([0x22, 0xff, 0x22]) }] }, 'bad-request'],
    ['a reserved name', { channel: '$stats' }, 'forbidden'],
  ])('refuses %s', async (_, request, code) => {
    const { say, log } = road()
    expect(await say('1', request)).toBe(code)
    expect(await log(request.channel)).toEqual([])
  })

  it('promise 4: stores all messages or none', async () => {
    const { say, texts } = road()
    expect(await say(['1', '{', '3'])).toBe('bad-request')
    expect(await texts()).toEqual([])
    expect(await say(['1', '2'])).toBe('appended')
    expect(await texts()).toEqual(['1', '2'])
  })

  it('promise 7: asks the rule, and stores nothing when it says no', async () => {
    for (const publish of [false, () => false, async () => false]) {
      const { say, texts } = road({ c: { publish } })
      expect(await say('1')).toBe('forbidden')
      expect(await texts()).toEqual([])
    }
  })

  it('tells of a rule that failed without giving its words away', async () => {
    const { tell, errors } = road({
      c: {
        publish() {
          throw new Error('password is 1234')
        },
      },
    })
    const error = toError(await tell('1'), 'c')
    expect(error).toMatchObject({ code: 'internal' })
    expect(JSON.stringify(error)).not.toContain('1234')
    expect(errors).toEqual([error])
  })

  it('holds at most messagesPerPublish of a client, and any number of the server', async () => {
    const { say, texts } = road({}, 'on-use', { messagesPerPublish: 2 })
    expect(await say(['1', '2', '3'])).toBe('too-large')
    expect(await texts()).toEqual([])
    expect(await say(['1', '2'])).toBe('appended')
    expect(await say(['3', '4', '5'], { author: undefined })).toBe('appended')
  })

  it('asks nothing of the server itself', async () => {
    const { say, texts } = road({ c: { ...refusing, publish: false } })
    expect(await say('1', { author: undefined })).toBe('appended')
    expect(await texts()).toEqual(['1'])
  })

  it('creates nothing where only PUT does', async () => {
    expect(await road({}, 'explicit').say('1')).toBe('unknown-channel')
  })

  it('closes, with messages or without', async () => {
    const { say } = road()
    expect(await say('1', { close: true })).toBe('appended')
    expect(await say([], { close: true })).toBe('appended')
    expect(await say('2')).toBe('closed')
  })

  it('does not keep a large chunk alive for a small message', async () => {
    const { say, log } = road()
    const slab = Buffer.alloc(65_536, '1')
    await say('', { messages: [{ data: slab.subarray(0, 100) }] })
    const [message] = await log()
    expect(message!.data!.buffer.byteLength).toBeLessThanOrEqual(Buffer.poolSize)
  })
})

describe('content type', () => {
  const text = { contentType: 'text/plain' }

  it('that came creates the channel where the rule says nothing of types', async () => {
    const { say, store } = road()
    expect(await say('hi {', text)).toBe('appended')
    expect((await store.position(['c']))[0]).toMatchObject({ contentType: 'text/plain' })
  })

  it.each<[string, Rule]>([
    ['names the type', { contentType: 'application/json' }],
    ['has a receive', { receive: () => undefined }],
    ['has a key', { key: '/id' }],
  ])('that came is refused for a new channel whose rule %s', async (_, rule) => {
    const { say, texts } = road({ c: rule })
    expect(await say('hi', text)).toBe('conflict')
    expect(await texts()).toEqual([])
  })

  it('that came must be that of the channel', async () => {
    const { say } = road()
    await say('1')
    expect(await say('1', text)).toBe('conflict')
    expect(await say('1', { contentType: 'Application/JSON; charset=utf-8' })).toBe('appended')
  })

  it('is the channel’s own where none came', async () => {
    const { say, texts, store } = road()
    await say('a', text)
    expect(await say('b')).toBe('appended')
    await store.delete('c')
    expect(await say('not json')).toBe('bad-request')
    expect(await say('1')).toBe('appended')
    expect(await texts()).toEqual(['1'])
  })

  it('is found again when the channel became another one', async () => {
    const { say, texts, store } = road()
    await say('1')
    await say('2')
    await store.delete('c')
    await say('a', text)
    expect(await say('b {')).toBe('appended')
    expect(await say('3')).toBe('appended')
    expect(await texts()).toEqual(['a', 'b {', '3'])
  })

  it('is what a body is read as: once, whether it is good or not', async () => {
    const { say, tell, texts } = road()
    await say('a', text)
    const good = new WatchedBody(bytes)
    await tell('', { body: good })
    const bad = new WatchedBody(() => {
      throw new AnywireError('bad-request', 'No.')
    })
    expect(await say('', { body: bad })).toBe('bad-request')
    expect([good.readAs, bad.readAs]).toEqual([['text/plain'], ['text/plain']])
    expect(await texts()).toEqual(['a', 'text/plain'])
  })

  it('is remembered, and a body read again only if that was wrong', async () => {
    const { say, tell, store } = road()
    await say('1')
    await say('2')
    await store.delete('c')
    await say('a', text)
    const body = new WatchedBody(() => bytes('3'))
    expect((await tell('', { body })).kind).toBe('appended')
    expect(body.readAs).toEqual(['application/json', 'text/plain'])
  })
})

describe('producer', () => {
  it('promise 4: a retry is stored once', async () => {
    const { say, texts } = road()
    await say('1', { producer: producer(0) })
    expect(await say('1', { producer: producer(0) })).toBe('duplicate')
    expect(await texts()).toEqual(['1'])
  })

  it('promise 4: is bound to its principal, so that nobody else fences it', async () => {
    const { say } = road()
    await say('1', { producer: producer(0) })
    expect(await say('1', { producer: producer(0, 9), author: { principal: { id: 'mallory' }, address: '' } })).toBe(
      'appended',
    )
    expect(await say('2', { producer: producer(1) })).toBe('appended')
  })

  it('is told the number to go on with when a new epoch begins with another', async () => {
    const { say, tell } = road()
    await say('1', { producer: producer(0) })
    const error = toError(await tell('2', { producer: producer(1, 1) }), 'c')
    expect(error?.toJSON()).toMatchObject({ code: 'bad-request', expected: 0 })
  })

  it('promise 4: a retry that overtakes its first try meets receive once', async () => {
    let calls = 0
    const { say } = road({ c: { receive: async () => void calls++ } })
    const both = await Promise.all([say('1', { producer: producer(0) }), say('1', { producer: producer(0) })])
    expect([both, calls]).toEqual([['appended', 'duplicate'], 1])
  })
})

describe('order', () => {
  const slowFirst: Rule['receive'] = async ({ data }) => {
    for (let turns = data === 1 ? 20 : 0; turns > 0; turns--) await Promise.resolve()
  }

  it('promise 4: publishes of one connection are processed in order', async () => {
    const { say, texts, publisher } = road({ c: { receive: slowFirst } })
    const lane = {}
    await Promise.all([say('1', { lane }), say('2', { lane }), say('3', { lane })])
    expect(await texts()).toEqual(['1', '2', '3'])
    await Promise.resolve()
    expect(publisher.busyLanes).toBe(0)
  })

  it('promise 4: so they are when a permission is slow', async () => {
    let asked = 0
    const publish = async () => {
      for (let turns = asked++ === 0 ? 20 : 0; turns > 0; turns--) await Promise.resolve()
      return true
    }
    const { say, texts } = road({ c: { publish } })
    const lane = {}
    await Promise.all([say('1', { lane }), say('2', { lane, contentType: 'application/json' })])
    expect(await texts()).toEqual(['1', '2'])
  })

  it('promise 4: so they are when the type of the first is not known yet', async () => {
    const { say, texts } = road()
    const lane = {}
    await Promise.all([say('1', { lane }), say('2', { lane, contentType: 'application/json' }), say('3', { lane })])
    expect(await texts()).toEqual(['1', '2', '3'])
  })

  it('one connection does not hold up another', async () => {
    const { say, texts } = road({ c: { receive: slowFirst } })
    await Promise.all([say('1', { lane: {} }), say('2', { lane: {} })])
    expect(await texts()).toEqual(['2', '1'])
  })

  it('a refusal in the middle ends nothing', async () => {
    const { say, texts } = road({
      c: { receive: ({ data }) => (data === 2 ? Promise.reject(new AnywireError('rejected', 'No.')) : undefined) },
    })
    const lane = {}
    expect(await Promise.all([say('1', { lane }), say('2', { lane }), say('3', { lane })])).toEqual([
      'appended',
      'rejected',
      'appended',
    ])
    expect(await texts()).toEqual(['1', '3'])
  })
})
