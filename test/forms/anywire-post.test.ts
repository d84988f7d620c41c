/** anywire.v1 over POST on the mount path: an event stream or one batch. PROTOCOL.md 4.3. */
import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Store } from '../../src/core/store.js'
import { memory } from '../../src/index.js'
import { notBase64 } from '../support/base64.js'
import { ask, post, postText } from '../support/clients/request.js'
import { type EventStream, stream } from '../support/clients/sse.js'
import { serveHub } from '../support/hub-server.js'

type Frame = Record<string, unknown> & { readonly type: string }

interface Messages {
  readonly channel: string
  readonly messages: readonly { readonly offset: string; readonly data?: unknown }[]
}

/** POSTs, and answers the frames of the batch. */
async function batch(url: string, body: unknown): Promise<Frame[]> {
  const answer = await post(url, body)
  expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/json'])
  return answer.json()
}

function open(url: string, body: unknown): Promise<EventStream> {
  return stream(url, { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } })
}

const dataIn = (frames: readonly Frame[]) =>
  frames.flatMap((one) => ((one.messages ?? []) as Messages['messages']).map(({ data }) => data))

describe('an event stream of anywire.v1', () => {
  it('sends a frame an event: welcome, subscribed, then messages', async () => {
    const { hub, url } = await serveHub()
    const { offset } = await hub.publish('n', 1)
    const reader = await open(url(), { subscribe: [{ channel: 'n', offset: '-1', rate: 50 }] })
    expect(await reader.frame('welcome')).toMatchObject({ version: 1, heartbeatMs: 20_000 })
    expect(await reader.frame('subscribed')).toMatchObject({ channel: 'n', slow: 'catch-up', rate: 50 })
    expect(await reader.frame<Messages>('messages')).toMatchObject({ channel: 'n', messages: [{ offset, data: 1 }] })
    await hub.publish('n', 2)
    expect((await reader.frame<Messages>('messages')).messages.map(({ data }) => data)).toEqual([2])
  })

  it('publishes too, and acknowledges', async () => {
    const { url } = await serveHub()
    const reader = await open(url(), {
      subscribe: [{ channel: 'n' }],
      publish: [
        { channel: 'm', data: [1], id: 'x' },
        { channel: 'm', data: 2 },
      ],
    })
    expect(await reader.frame('published')).toMatchObject({ id: 'x', channel: 'm', offset: expect.any(String) })
    expect(await reader.frame('published')).not.toHaveProperty('id')
    expect((await ask(url('m'))).json()).toEqual([[1], 2])
  })

  it('goes on after the end of one channel, a gap in another and a refusal in a third', async () => {
    const { hub, url } = await serveHub({ rules: { secret: { subscribe: false } } })
    const { offset } = await hub.publish('over', 1, { close: true })
    const alien = '1111111111111111_0000000000000001'
    const reader = await open(url(), {
      subscribe: [{ channel: 'over', offset: '-1' }, { channel: 'n', offset: alien }, { channel: 'secret' }],
    })
    expect(await reader.frame('messages')).toMatchObject({ channel: 'over' })
    expect(await reader.frame('closed')).toEqual({ type: 'closed', channel: 'over', offset })
    expect(await reader.frame('gap')).toMatchObject({ channel: 'n', reason: 'reset', from: alien })
    expect(await reader.frame('error')).toMatchObject({ channel: 'secret', code: 'forbidden' })
    await hub.publish('n', 2)
    expect(await reader.frame('messages')).toMatchObject({ channel: 'n' })
  })

  it('sends a heartbeat frame in silence', async () => {
    const { url } = await serveHub({ limits: { heartbeatMs: 100 } })
    const reader = await open(url(), { subscribe: [{ channel: 'n' }] })
    await reader.frame('heartbeat')
  })

  it('promise 2: is changed without loss by opening the new set from its positions before closing the old', async () => {
    const { hub, url } = await serveHub()
    const old = await open(url(), { subscribe: [{ channel: 'a' }] })
    await old.frame('subscribed')
    await hub.publish('a', 1)
    const first = (await old.frame<Messages>('messages')).messages.at(-1)!
    const fresh = await open(url(), { subscribe: [{ channel: 'a', offset: first.offset }, { channel: 'b' }] })
    await fresh.frame('subscribed')
    await hub.publish('a', 2)
    old.close()
    await hub.publish('a', 3)
    const got: unknown[] = []
    while (got.length < 2) got.push(...(await fresh.frame<Messages>('messages')).messages.map(({ data }) => data))
    expect(got).toEqual([2, 3])
  })
})

describe('a batch of anywire.v1', () => {
  it('answers at once with what is there to be read', async () => {
    const { hub, url } = await serveHub()
    await hub.publishBatch('n', [{ data: 1 }, { data: 2 }])
    const frames = await batch(url(), { subscribe: [{ channel: 'n', offset: '-1' }] })
    expect(frames.map(({ type }) => type)).toEqual(['subscribed', 'messages'])
    expect(dataIn(frames)).toEqual([1, 2])
  })

  it('brings what is there of every channel, so that a busy one does not starve the others', async () => {
    const { hub, url } = await serveHub()
    for (const channel of ['a', 'b', 'c']) await hub.publish(channel, channel)
    const subscribe = ['a', 'b', 'c'].map((channel) => ({ channel, offset: '-1' }))
    expect(dataIn(await batch(url(), { subscribe }))).toEqual(['a', 'b', 'c'])
  })

  it('does so for channels that others read already, whose messages need no store', async () => {
    const { hub, url } = await serveHub()
    const positions = { a: await hub.publish('a', 'a1'), b: await hub.publish('b', 'b1') }
    const others = await stream(url('?channel=a&channel=b'))
    for (const data of ['a2', 'b2']) await hub.publish(data[0]!, data)
    await others.until((text) => text.includes('a2') && text.includes('b2'))
    const subscribe = Object.entries(positions).map(([channel, { offset }]) => ({ channel, offset }))
    expect(dataIn(await batch(url(), { subscribe }))).toEqual(['a2', 'b2'])
  })

  it('does so for a channel that the store is asked for, beside one that has news at once', async () => {
    const inner = memory()
    const asked: string[] = []
    const store = new Proxy(inner, {
      get(target, name) {
        const value = Reflect.get(target, name)
        if (name !== 'read') return typeof value === 'function' ? value.bind(target) : value
        return async (...of: Parameters<Store['read']>) => {
          asked.push(of[0])
          await setTimeout(50)
          return target.read(...of)
        }
      },
    })
    const { hub, url } = await serveHub({ store })
    await hub.publish('behind', 'b')
    const { offset } = await hub.publish('busy', 1)
    const others = await stream(url('busy'))
    await hub.publish('busy', 2)
    await others.until((text) => text.includes('data: 2'))
    asked.length = 0
    const subscribe = [
      { channel: 'busy', offset },
      { channel: 'behind', offset: '-1' },
    ]
    expect(dataIn(await batch(url(), { subscribe }))).toEqual([2, 'b'])
    expect(asked).toEqual(['behind'])
  })

  it('has a page of them at most, and the rest comes with the next', async () => {
    const { hub, url } = await serveHub({ limits: { pageBytes: 100 } })
    const { offset } = await hub.publish('a', 'a1')
    const others = await stream(url('a'))
    const data = Array.from({ length: 1_000 }, (_, n) => n)
    await hub.publishBatch(
      'a',
      data.map((one) => ({ data: one })),
    )
    await others.until((text) => text.includes('data: 999'))
    const first = await batch(url(), { subscribe: [{ channel: 'a', offset }] })
    expect(dataIn(first).length).toBeLessThan(1_000)
    expect(dataIn(first)).toEqual(data.slice(0, dataIn(first).length))
  })

  it('waits until something comes', async () => {
    const { hub, url } = await serveHub()
    const polling = batch(url(), { subscribe: ['a', 'b'].map((channel) => ({ channel, offset: 'snapshot' })) })
    await expect.poll(() => hub.stats().subscriptions).toBe(2)
    await hub.publish('b', 1)
    expect(dataIn(await polling)).toEqual([1])
  })

  it.each(['now', 'last-1', '-1'])(
    'answers at once which position "%s" has become, to be read on from',
    async (offset) => {
      const { hub, url } = await serveHub()
      const [subscribed] = await batch(url(), { subscribe: [{ channel: 'n', offset }] })
      expect(subscribed).toMatchObject({ type: 'subscribed' })
      await hub.publish('n', 1)
      expect(dataIn(await batch(url(), { subscribe: [{ channel: 'n', offset: subscribed?.offset }] }))).toEqual([1])
    },
  )

  it('answers without messages when the time is up', async () => {
    const { url } = await serveHub({ limits: { pollMs: 50 } })
    const frames = await batch(url(), { subscribe: [{ channel: 'n', offset: 'snapshot' }] })
    expect(frames.map(({ type }) => type)).toEqual(['subscribed'])
  })

  it('is held no longer than the client wants', async () => {
    const { url } = await serveHub()
    const frames = await batch(url(), { subscribe: [{ channel: 'n', offset: 'snapshot' }], waitMs: 50 })
    expect(frames.map(({ type }) => type)).toEqual(['subscribed'])
  })

  it('promise 2: brings everything once to who asks again from the last offset', async () => {
    const { hub, url } = await serveHub()
    const numbers = Array.from({ length: 3_000 }, (_, i) => i)
    await hub.publishBatch(
      'n',
      numbers.map((data) => ({ data: [data, 'x'.repeat(50)] })),
    )
    const got: number[] = []
    for (let offset = '-1'; got.length < numbers.length; ) {
      const frames = await batch(url(), { subscribe: [{ channel: 'n', offset }] })
      for (const { messages = [] } of frames as unknown as Messages[])
        for (const one of messages) {
          got.push((one.data as number[])[0]!)
          offset = one.offset
        }
    }
    expect(got).toEqual(numbers)
  })

  it('answers at once if it published, with the acknowledgements in their order', async () => {
    const { url } = await serveHub({ rules: { no: { publish: false } } })
    const frames = await batch(url(), {
      publish: [
        { channel: 'n', data: 1, id: 1 },
        { channel: 'no', data: 1, id: 2 },
        { channel: 'n', data: 2, id: 3 },
      ],
      subscribe: [{ channel: 'other' }],
    })
    expect(frames.map(({ type, id }) => [type, id])).toEqual([
      ['published', 1],
      ['error', 2],
      ['published', 3],
      ['subscribed', undefined],
    ])
    expect((await ask(url('n'))).json()).toEqual([1, 2])
  })

  it('promise 4: answers what it has published, also if the hub begins to close before it reads', async () => {
    let closing: Promise<void> | undefined
    const leave = () => {
      closing ??= hub.close({ graceMs: 5_000 })
    }
    const { hub, url } = await serveHub({ rules: { n: { receive: leave } } })
    const body = { publish: [{ id: 1, channel: 'n', data: 1 }], subscribe: [{ channel: 'n', offset: '-1' }] }
    expect(await batch(url(), body)).toEqual([{ type: 'published', id: 1, channel: 'n', offset: expect.any(String) }])
    await closing
  })

  it('promise 4: stores once what a producer publishes again', async () => {
    const { url } = await serveHub()
    const body = { publish: [{ channel: 'n', data: 1, id: 1, producer: { id: 'p', epoch: 0, seq: 0 } }] }
    const [first] = await batch(url(), body)
    expect(await batch(url(), body)).toEqual([{ ...first, duplicate: true }])
    expect((await ask(url('n'))).json()).toEqual([1])
  })

  it('tells of gaps and ends', async () => {
    const { hub, url } = await serveHub({ limits: { pollMs: 50 } })
    await hub.publish('over', 1, { close: true })
    expect((await batch(url(), { subscribe: [{ channel: 'over' }] })).map(({ type }) => type)).toEqual([
      'subscribed',
      'closed',
    ])
    const [, gap] = await batch(url(), { subscribe: [{ channel: 'n', offset: '1111111111111111_0000000000000001' }] })
    expect(gap).toMatchObject({ type: 'gap', channel: 'n', reason: 'reset' })
    expect(await batch(url(), { subscribe: [{ channel: 'n', offset: gap!.to }], publish: [] })).toHaveLength(1)
  })
})

describe('a body that is none', () => {
  it.each([
    '',
    '{',
    'null',
    '[]',
    '{}',
    '{"subscribe":{}}',
    '{"subscribe":[7]}',
    '{"subscribe":[{"offset":"now"}]}',
    '{"publish":[{"channel":"n"}]}',
    '{"publish":[{"channel":"n","data":1,"base64":"AQ=="}]}',
    '{"subscribe":[{"channel":"n"}],"publish":[{}]}',
    ...notBase64.map(([, base64]) => JSON.stringify({ publish: [{ channel: 'n', base64 }] })),
  ])('answers 400 to %s, and publishes nothing', async (body) => {
    const { url } = await serveHub()
    const refused = await postText(url(), body, { 'Content-Type': 'application/json' })
    expect([refused.status, refused.code]).toEqual([400, 'bad-request'])
    expect((await ask(url('n'))).json()).toEqual([])
  })

  it('answers 400 to what is not UTF-8, and keeps it out of the channel', async () => {
    const { url } = await serveHub()
    const body = Buffer.from('{"publish":[{"channel":"n","data":"\xff"}]}', 'latin1')
    expect((await postText(url(), body, { 'Content-Type': 'application/json' })).status).toBe(400)
    expect((await ask(url('n'))).text).toBe('[]')
  })
})
