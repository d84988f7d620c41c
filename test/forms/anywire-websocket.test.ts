/** anywire.v1 over WebSocket, frame by frame. PROTOCOL.md 4. */
import { describe, expect, it, onTestFinished } from 'vitest'
import { notBase64 } from '../support/base64.js'
import { ask } from '../support/clients/request.js'
import { connect, rawSocket, type Socket, session } from '../support/clients/socket.js'
import { serveHub } from '../support/hub-server.js'

interface Messages {
  readonly channel: string
  readonly messages: readonly { readonly offset: string; readonly data?: unknown }[]
}

function subscribe(socket: Socket, ...subscriptions: Record<string, unknown>[]): void {
  socket.say({ type: 'subscribe', subscriptions })
}

/** Subscribes, and waits until that is answered. */
async function reading(socket: Socket, subscription: Record<string, unknown>): Promise<Record<string, unknown>> {
  subscribe(socket, subscription)
  return socket.frame('subscribed')
}

/** The data of the next `count` messages. */
async function data(socket: Socket, count: number): Promise<unknown[]> {
  const got: unknown[] = []
  while (got.length < count) got.push(...(await socket.frame<Messages>('messages')).messages.map((one) => one.data))
  return got
}

describe('the opening of anywire.v1', () => {
  it('is a welcome with the time, the heartbeat and the limits that a client has to keep', async () => {
    const limits = { heartbeatMs: 7_000, messageBytes: 123, bodyBytes: 4_567, channelsPerConnection: 89 }
    const { socketUrl } = await serveHub({ limits })
    const socket = await connect(socketUrl(), { protocols: ['anywire.v1'] })
    expect(socket.protocol).toBe('anywire.v1')
    const welcome = JSON.parse(String(await socket.next()))
    expect(welcome).toEqual({
      type: 'welcome',
      version: 1,
      time: expect.any(Number),
      heartbeatMs: 7_000,
      maxMessageBytes: 123,
      maxFrameBytes: 4_567,
      maxChannels: 89,
      principal: expect.any(String),
    })
    expect(Math.abs(welcome.time / 1_000 - Date.now())).toBeLessThan(10_000)
  })

  it('works at a channel too, where `offset` subscribes at once', async () => {
    const { hub, socketUrl } = await serveHub()
    await hub.publish('n', 1)
    const socket = await session(socketUrl('n?offset=-1&slow=conflate&rate=7'))
    expect(await socket.frame('subscribed')).toMatchObject({ channel: 'n', slow: 'conflate', rate: 5 })
    expect(await data(socket, 1)).toEqual([1])
    const quiet = await session(socketUrl('n'))
    quiet.say({ type: 'ping' })
    await quiet.frame('pong')
    expect(quiet.frames()).toEqual([])
  })
})

describe('subscribing', () => {
  it('answers with where reading begins, the content type and how it reads', async () => {
    const { hub, socketUrl } = await serveHub()
    const { offset } = await hub.publish('n', 1)
    const socket = await session(socketUrl())
    expect(await reading(socket, { channel: 'n' })).toEqual({
      type: 'subscribed',
      channel: 'n',
      offset,
      contentType: 'application/json',
      slow: 'catch-up',
    })
    expect(await reading(socket, { channel: 'm', slow: 'disconnect', rate: 3 })).toMatchObject({
      slow: 'disconnect',
      rate: 2,
    })
  })

  it('answers one by one: a bad subscription does not refuse the others', async () => {
    const { socketUrl } = await serveHub({ rules: { secret: { subscribe: false } } })
    const socket = await session(socketUrl())
    subscribe(
      socket,
      { channel: 'a' },
      { channel: 'x//y' },
      { channel: 'b', offset: 'soon' },
      { channel: 'secret' },
      { channel: '$own' },
    )
    expect(await socket.frame('subscribed')).toMatchObject({ channel: 'a' })
    const errors = [1, 2, 3, 4].map(() => socket.frame('error'))
    const codes = Object.fromEntries((await Promise.all(errors)).map(({ channel, code }) => [channel, code]))
    expect(codes).toEqual({ 'x//y': 'bad-request', b: 'bad-request', secret: 'forbidden', $own: 'forbidden' })
  })

  it('reads from now, the start, an offset, the last N or a snapshot', async () => {
    const { hub, socketUrl } = await serveHub({ rules: { n: { keys: true } } })
    const { offset } = await hub.publish('n', 'a1', { key: 'a' })
    await hub.publish('n', 'b1', { key: 'b' })
    await hub.publish('n', 'a2', { key: 'a' })
    const socket = await session(socketUrl())
    const from = async (asked: string, count: number) => {
      subscribe(socket, { channel: 'n', offset: asked })
      return data(socket, count)
    }
    expect(await from('-1', 3)).toEqual(['a1', 'b1', 'a2'])
    expect(await from(offset, 2)).toEqual(['b1', 'a2'])
    expect(await from('last-1', 1)).toEqual(['a2'])
    expect(await from('snapshot', 2)).toEqual(['b1', 'a2'])
    subscribe(socket, { channel: 'n' })
    await hub.publish('n', 'new')
    expect(await data(socket, 1)).toEqual(['new'])
  })

  it('spells bytes, odd text, events, keys and tombstones', async () => {
    const { hub, socketUrl } = await serveHub({
      rules: { t: { contentType: 'text/plain' }, b: { contentType: 'image/png' }, s: { keys: true } },
    })
    await hub.publishBatch('t', [{ data: 'a' }, { data: Uint8Array.of(255) }])
    await hub.publish('b', Uint8Array.of(1, 2, 3), { event: 'e' })
    await hub.publishBatch('s', [{ key: 'k' }])
    const socket = await session(socketUrl())
    const offset = expect.any(String)
    const messages = async (channel: string) => {
      subscribe(socket, { channel, offset: '-1' })
      return (await socket.frame<Messages>('messages')).messages
    }
    expect(await messages('t')).toEqual([
      { offset, data: 'a' },
      { offset, base64: '/w==' },
    ])
    expect(await messages('b')).toEqual([{ offset, base64: 'AQID', event: 'e' }])
    expect(await messages('s')).toEqual([{ offset, key: 'k' }])
  })

  it('moves a channel that is subscribed already to the new position', async () => {
    const { hub, socketUrl } = await serveHub()
    for (const n of [1, 2]) await hub.publish('n', n)
    const socket = await session(socketUrl())
    await reading(socket, { channel: 'n' })
    subscribe(socket, { channel: 'n', offset: '-1' })
    expect(await data(socket, 2)).toEqual([1, 2])
    await hub.publish('n', 3)
    socket.say({ type: 'ping' })
    expect(await data(socket, 1)).toEqual([3])
    expect(hub.stats().subscriptions).toBe(1)
  })

  it('promise 2: changes the set without loss: what was left out is read again from its position', async () => {
    const { hub, socketUrl } = await serveHub()
    const socket = await session(socketUrl())
    await reading(socket, { channel: 'n' })
    await hub.publish('n', 1)
    const { messages } = await socket.frame<Messages>('messages')
    socket.say({ type: 'unsubscribe', channels: ['n', 'never'] })
    expect(await socket.frame('unsubscribed')).toEqual({ type: 'unsubscribed', channels: ['n', 'never'] })
    await hub.publish('n', 2)
    socket.say({ type: 'ping', id: 'after' })
    await socket.frame('pong')
    expect(socket.frames().filter(({ type }) => type === 'messages')).toEqual([])
    await reading(socket, { channel: 'n', offset: messages.at(-1)!.offset })
    expect(await data(socket, 1)).toEqual([2])
  })

  it('reads a thousand channels on one connection', async () => {
    const { hub, socketUrl } = await serveHub()
    const names = Array.from({ length: 1_000 }, (_, i) => `many/${i}`)
    const socket = await session(socketUrl())
    subscribe(socket, ...names.map((channel) => ({ channel })))
    for (let i = 0; i < names.length; i++) await socket.frame('subscribed')
    for (const name of names) await hub.publish(name, name)
    const got = new Set<unknown>()
    while (got.size < names.length) for (const one of await data(socket, 1)) got.add(one)
    subscribe(socket, { channel: 'one more' })
    expect(await socket.frame('error')).toMatchObject({ code: 'too-many', channel: 'one more' })
    expect(hub.stats().subscriptions).toBe(1_000)
  })
})

describe('reading slowly', () => {
  it('promise 3: conflates on request, and says how many it left out', async () => {
    const { hub, socketUrl } = await serveHub()
    await hub.publishBatch('n', [
      { data: 1, key: 'a' },
      { data: 2, key: 'b' },
      { data: 3, key: 'a' },
    ])
    const socket = await session(socketUrl())
    subscribe(socket, { channel: 'n', offset: '-1', slow: 'conflate' })
    expect(await socket.frame('gap')).toMatchObject({ channel: 'n', reason: 'conflated', missed: 1 })
    expect(await data(socket, 2)).toEqual([2, 3])
  })

  it('joins what comes between two writes of its rate', async () => {
    const { hub, socketUrl } = await serveHub()
    const socket = await session(socketUrl())
    await reading(socket, { channel: 'n', rate: 2 })
    const begun = performance.now()
    for (const n of [1, 2, 3, 4, 5, 6]) {
      await hub.publish('n', n)
      await new Promise(setImmediate)
    }
    let frames = 0
    for (let got = 0; got < 6; frames++) got += (await socket.frame<Messages>('messages')).messages.length
    const turnsOfTheGrid = Math.floor((performance.now() - begun) / 500)
    expect(frames).toBeLessThanOrEqual(2 + turnsOfTheGrid)
  })
})

describe('a gap in anywire.v1', () => {
  it('promise 3: says trimmed, from, to and how many; reading goes on', async () => {
    const { hub, socketUrl } = await serveHub({ rules: { n: { retain: { messages: 1 } } } })
    const { offset: from } = await hub.publish('n', 1)
    const { offset: to } = await hub.publish('n', 2)
    await hub.publish('n', 3)
    const socket = await session(socketUrl())
    expect(await reading(socket, { channel: 'n', offset: from })).toMatchObject({ offset: to })
    expect(await socket.frame('gap')).toEqual({ type: 'gap', channel: 'n', reason: 'trimmed', from, to, missed: 1 })
    expect(await data(socket, 1)).toEqual([3])
  })

  it('says reset when the channel is deleted and created again', async () => {
    const { hub, url, socketUrl } = await serveHub()
    const { offset } = await hub.publish('n', 1)
    const socket = await session(socketUrl())
    await reading(socket, { channel: 'n' })
    await ask(url('n'), { method: 'DELETE' })
    expect(await socket.frame('gap')).toMatchObject({ channel: 'n', reason: 'reset', from: offset })
    await hub.publish('n', 2)
    expect(await data(socket, 1)).toEqual([2])
  })
})

describe('a closed channel in anywire.v1', () => {
  it('ends with a `closed` frame after its last message, and its subscription with it', async () => {
    const { hub, socketUrl } = await serveHub()
    const socket = await session(socketUrl())
    await reading(socket, { channel: 'n' })
    const { offset } = await hub.publish('n', 1, { close: true })
    expect(await data(socket, 1)).toEqual([1])
    expect(await socket.frame('closed')).toEqual({ type: 'closed', channel: 'n', offset })
    expect(hub.stats()).toMatchObject({ subscriptions: 0, connections: 1 })
    subscribe(socket, { channel: 'n', offset })
    expect(await socket.frame('closed')).toMatchObject({ channel: 'n', offset })
  })
})

describe('publishing in anywire.v1', () => {
  it('is acknowledged with the id, the channel and the position after it', async () => {
    const { url, socketUrl } = await serveHub()
    const socket = await session(socketUrl())
    socket.say({ type: 'publish', id: 'x', channel: 'n', data: { a: 1 } })
    const { offset, ...published } = await socket.frame('published')
    expect(published).toEqual({ type: 'published', id: 'x', channel: 'n' })
    expect((await ask(url('n'))).headers['stream-next-offset']).toBe(offset)
  })

  it('keeps the bytes of `data` as they came', async () => {
    const { url, socketUrl } = await serveHub()
    const socket = await session(socketUrl())
    socket.send('{"type":"publish","id":1,"channel":"n","data":{"a" : 1.0, "b": 12345678901234567890}}')
    await socket.frame('published')
    expect((await ask(url('n'))).text).toBe('[{"a" : 1.0, "b": 12345678901234567890}]')
  })

  it('takes base64, events, keys and tombstones', async () => {
    const { hub, socketUrl } = await serveHub({ rules: { b: { contentType: 'image/png', keys: true } } })
    const socket = await session(socketUrl())
    socket.say({ type: 'publish', id: 1, channel: 'b', base64: 'AQI=', event: 'e', key: 'k' })
    socket.say({ type: 'publish', id: 2, channel: 'b', key: 'k' })
    const got = []
    for await (const one of hub.subscribe('b', { from: 'start' })) if (got.push(one) === 2) break
    expect(got).toMatchObject([
      { data: Buffer.of(1, 2), event: 'e', key: 'k' },
      { data: undefined, key: 'k' },
    ])
  })

  it.each(notBase64)('takes no base64 that is %s', async (_, base64) => {
    const { hub, socketUrl } = await serveHub({ rules: { b: { contentType: 'image/png' } } })
    const socket = await session(socketUrl())
    socket.say({ type: 'publish', id: 1, channel: 'b', base64 })
    const sentence = expect.stringContaining('"base64" must be base64 with padding')
    expect(await socket.frame('error')).toMatchObject({ id: 1, code: 'bad-request', message: sentence })
    socket.say({ type: 'publish', id: 2, channel: 'b', base64: 'AQI=' })
    await socket.frame('published')
    expect((await hub.history('b')).messages).toMatchObject([{ data: Buffer.of(1, 2) }])
  })

  it('says with the id what could not be published', async () => {
    const { hub, socketUrl } = await serveHub({ rules: { no: { publish: false } } })
    await hub.publish('over', 1, { close: true })
    const socket = await session(socketUrl())
    const publish = async (id: number, frame: object) => {
      socket.say({ type: 'publish', id, ...frame })
      return socket.frame('error')
    }
    expect(await publish(1, { channel: 'no', data: 1 })).toMatchObject({ id: 1, channel: 'no', code: 'forbidden' })
    expect(await publish(2, { channel: 'over', data: 1 })).toMatchObject({ id: 2, channel: 'over', code: 'closed' })
    expect(await publish(3, { channel: 'a//b', data: 1 })).toMatchObject({ id: 3, code: 'bad-request' })
    expect(await publish(4, { channel: 'n', base64: 'AQI=' })).toMatchObject({ id: 4, code: 'bad-request' })
    expect(await publish(5, { channel: 'n' })).toMatchObject({ id: 5, code: 'bad-request' })
  })

  it('tells a producer what is missing, and what is in force', async () => {
    const { socketUrl } = await serveHub()
    const socket = await session(socketUrl())
    const by = (epoch: number, seq: number) => ({
      type: 'publish',
      id: `${epoch}.${seq}`,
      channel: 'n',
      data: 1,
      producer: { id: 'p', epoch, seq },
    })
    for (const frame of [by(1, 0), by(1, 2), by(0, 1), by(1, 0)]) socket.say(frame)
    expect(await socket.frame('published')).toMatchObject({ id: '1.0' })
    expect(await socket.frame('error')).toMatchObject({ id: '1.2', code: 'sequence-gap', expected: 1, received: 2 })
    expect(await socket.frame('error')).toMatchObject({ id: '0.1', code: 'fenced', epoch: 1 })
    expect(await socket.frame('published')).toMatchObject({ id: '1.0', duplicate: true })
  })

  it('leaves the reply to who asked, in its order', async () => {
    const { socketUrl } = await serveHub({ rules: { n: { receive: ({ data }) => Number(data) + 1 } } })
    const socket = await session(socketUrl())
    for (let id = 0; id < 100; id++) socket.say({ type: 'publish', id, channel: 'n', data: id })
    for (let id = 0; id < 100; id++) expect(await socket.frame('published')).toMatchObject({ id, reply: id + 1 })
  })
})

describe('frames that are none', () => {
  const malformed: Record<string, unknown>[] = [
    { type: 'dance' },
    {},
    { type: 'subscribe' },
    { type: 'subscribe', subscriptions: [{ channel: 7 }] },
    { type: 'subscribe', subscriptions: [{ channel: 'n', slow: 'lazy' }] },
    { type: 'subscribe', subscriptions: [{ channel: 'n', rate: 0 }] },
    { type: 'unsubscribe', channels: 'n' },
    { type: 'publish', channel: 'n', data: 1 },
    { type: 'publish', id: {}, channel: 'n', data: 1 },
    { type: 'publish', id: 1, channel: 'n', data: 1, base64: '' },
    { type: 'publish', id: 1, channel: 'n', base64: '*' },
    { type: 'publish', id: 1, channel: 'n', data: 1, producer: { id: 'p', epoch: -1, seq: 0 } },
    { type: 'auth' },
  ]

  it('are answered with a sentence, and the connection stays', async () => {
    const { socketUrl } = await serveHub()
    const socket = await session(socketUrl())
    const texts = ['{', '', 'null', '[]', '7', '"text"', '{"type":"publish","id":1,"channel":"\\ud800","data":1}']
    const sent = [...texts, ...malformed.map((one) => JSON.stringify(one))]
    for (const text of sent) {
      socket.send(text)
      const { code, message } = await socket.frame<{ code: string; message: string }>('error')
      expect([text, code]).toEqual([text, 'bad-request'])
      expect(message).toMatch(/^["A-Z].{10,}/)
    }
    socket.send(Buffer.from('{"type":"ping"}'))
    expect(await socket.frame('error')).toMatchObject({ code: 'bad-request' })
    socket.say({ type: 'ping', id: 7, unknown: 'field' })
    expect(await socket.frame('pong')).toMatchObject({ id: 7, time: expect.any(Number) })
  })

  it('close the connection only if they are over the limit', async () => {
    const { socketUrl } = await serveHub({ limits: { bodyBytes: 1_000, messageBytes: 500 } })
    const socket = await session(socketUrl())
    socket.say({ type: 'publish', id: 1, channel: 'n', data: 'x'.repeat(600) })
    expect(await socket.frame('error')).toMatchObject({ id: 1, code: 'too-large' })
    socket.say({ type: 'publish', id: 2, channel: 'n', data: 'x'.repeat(1_000) })
    expect((await socket.closed).code).toBe(1009)
  })
})

describe('liveness', () => {
  it('is a heartbeat frame and a ping in silence', async () => {
    const { socketUrl } = await serveHub({ limits: { heartbeatMs: 100 } })
    const socket = await session(socketUrl())
    const pinged = new Promise((resolve) => socket.webSocket.once('ping', resolve))
    expect(await socket.frame('heartbeat')).toEqual({ type: 'heartbeat' })
    await pinged
  })

  it('ends a connection from which nothing comes for three heartbeats', async () => {
    const { hub, socketUrl } = await serveHub({ limits: { heartbeatMs: 100 } })
    const socket = await connect(socketUrl(), { protocols: ['anywire.v1'] })
    socket.webSocket.pause()
    await expect.poll(() => hub.stats().connections).toBe(0)
  })

  it.each(['n', ''])('keeps a reader who only listens while the channel is busy (at "%s")', async (below) => {
    const { hub, socketUrl } = await serveHub({ limits: { heartbeatMs: 100 } })
    const socket = below === '' ? await session(socketUrl()) : await connect(socketUrl(below))
    if (below === '') await reading(socket, { channel: 'n' })
    const until = Date.now() + 1_500
    while (Date.now() < until) {
      await hub.publish('n', 1)
      await new Promise((resolve) => setTimeout(resolve, 10))
      expect(hub.stats().connections).toBe(1)
    }
  })

  it('keeps a reader who takes what it is sent slowly, though there is never room to ping it', async () => {
    const { hub, socketUrl } = await serveHub({
      limits: { heartbeatMs: 100 },
      rules: { n: { retain: { bytes: null } } },
    })
    const megabyte = 'x'.repeat(1_000_000)
    for (let i = 0; i < 40; i++) await hub.publish('n', megabyte)
    const socket = await session(socketUrl())
    subscribe(socket, { channel: 'n', offset: '-1' })
    // One chunk at a time.
    rawSocket(socket).on('data', () => socket.webSocket.pause())
    const slowly = setInterval(() => socket.webSocket.resume(), 10)
    onTestFinished(() => clearInterval(slowly))
    const until = Date.now() + 1_500
    while (Date.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      expect(hub.stats().connections).toBe(1)
    }
    expect(socket.frames().filter(({ type }) => type === 'messages').length).toBeLessThan(40)
  })
})
