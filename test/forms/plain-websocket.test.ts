/** Plain WebSocket: one message a frame, both ways. PROTOCOL.md 3.5 and 5. */
import { describe, expect, it } from 'vitest'
import { AnywireError } from '../../src/index.js'
import { ask } from '../support/clients/request.js'
import { connect, rawSocket, refusal } from '../support/clients/socket.js'
import { serveHub } from '../support/hub-server.js'
import { closing } from '../support/transport.js'

const kinds = { rules: { t: { contentType: 'text/plain' }, b: { contentType: 'image/png' } } }
const parsed = (frame: string | Buffer) => JSON.parse(String(frame))

describe('a plain WebSocket', () => {
  it('gets what comes from now on, one frame a message', async () => {
    const { hub, socketUrl } = await serveHub()
    await hub.publish('n', 'before')
    const socket = await connect(socketUrl('n'))
    await hub.publishBatch('n', [{ data: { a: 1 } }, { data: [2] }])
    expect(await socket.take(2)).toEqual(['{"a":1}', '[2]'])
  })

  it('begins where `offset` says', async () => {
    const { hub, socketUrl } = await serveHub()
    const { offset } = await hub.publish('n', 1)
    for (const n of [2, 3]) await hub.publish('n', n)
    expect(await (await connect(socketUrl(`n?offset=${offset}`))).take(2)).toEqual(['2', '3'])
    expect(await (await connect(socketUrl('n?offset=last-1'))).take(1)).toEqual(['3'])
    expect(await (await connect(socketUrl('n?offset=-1'))).take(3)).toEqual(['1', '2', '3'])
  })

  it('gets text as text frames, bytes and text that is not UTF-8 as binary ones', async () => {
    const { hub, socketUrl } = await serveHub(kinds)
    const [text, bytes] = [await connect(socketUrl('t')), await connect(socketUrl('b'))]
    await hub.publish('t', 'a€')
    await hub.publish('t', Uint8Array.of(255))
    await hub.publish('b', Uint8Array.of(1, 2))
    expect(await text.take(2)).toEqual(['a€', Buffer.of(255)])
    expect(await bytes.next()).toEqual(Buffer.of(1, 2))
  })

  it('is spared tombstones', async () => {
    const { hub, socketUrl } = await serveHub({ rules: { s: { keys: true } } })
    const socket = await connect(socketUrl('s'))
    await hub.publishBatch('s', [{ key: 'a' }])
    await hub.publish('s', 1)
    expect(await socket.next()).toBe('1')
  })

  it('negotiates neither extension nor subprotocol, and echoes no token', async () => {
    const { socketUrl } = await serveHub()
    const socket = await connect(socketUrl('n'), {
      headers: { 'Sec-WebSocket-Extensions': 'permessage-deflate' },
    })
    expect([socket.protocol, socket.webSocket.extensions]).toEqual(['', ''])
  })

  it('is pinged in silence, and its own pings are answered', async () => {
    const { socketUrl } = await serveHub({ limits: { heartbeatMs: 100 } })
    const { webSocket } = await connect(socketUrl('n'))
    const pinged = new Promise((resolve) => webSocket.once('ping', resolve))
    const ponged = new Promise((resolve) => webSocket.once('pong', (data) => resolve(String(data))))
    webSocket.ping('there?')
    expect(await ponged).toBe('there?')
    await pinged
  })
})

describe('publishing over a plain WebSocket', () => {
  it('makes a message of each frame, which its sender reads too; an array is not flattened', async () => {
    const { socketUrl, url } = await serveHub()
    const socket = await connect(socketUrl('n'))
    for (const frame of ['{"a":1}', '[1,2]']) socket.send(frame)
    expect(await socket.take(2)).toEqual(['{"a":1}', '[1,2]'])
    expect((await ask(url('n'))).json()).toEqual([{ a: 1 }, [1, 2]])
  })

  it('takes text and binary frames in a text channel, binary ones alone in others', async () => {
    const { socketUrl } = await serveHub(kinds)
    const [text, bytes] = [await connect(socketUrl('t')), await connect(socketUrl('b'))]
    text.send('a')
    text.send(Buffer.from('b'))
    expect(await text.take(2)).toEqual(['a', 'b'])
    bytes.send('text')
    bytes.send(Buffer.of(9))
    expect(parsed(await bytes.next())).toMatchObject({ error: { code: 'bad-request' } })
    expect(await bytes.next()).toEqual(Buffer.of(9))
  })

  it('answers what cannot be published with a sentence, and the connection stays', async () => {
    const { socketUrl } = await serveHub({ limits: { messageBytes: 100 } })
    const socket = await connect(socketUrl('n'))
    for (const frame of ['{', '', `"${'x'.repeat(200)}"`, Buffer.of(0x22, 0xff, 0x22)]) socket.send(frame)
    const errors = (await socket.take(4)).map((frame) => parsed(frame).error)
    expect(errors.map(({ code }) => code)).toEqual(['bad-request', 'bad-request', 'too-large', 'bad-request'])
    for (const { message } of errors) expect(message).toMatch(/^[A-Z].+[.:].*/)
    socket.send('1')
    expect(await socket.next()).toBe('1')
  })

  it('is refused by rule, while reading goes on', async () => {
    const { hub, socketUrl } = await serveHub({ rules: { n: { publish: false } } })
    const socket = await connect(socketUrl('n'))
    socket.send('1')
    expect(parsed(await socket.next())).toMatchObject({ error: { code: 'forbidden' } })
    await hub.publish('n', 2)
    expect(await socket.next()).toBe('2')
  })

  it('is told what `receive` answers or refuses', async () => {
    const receive = ({ data }: { data: unknown }) => {
      if (data === 'no') throw new AnywireError('rejected', 'No.')
      return { heard: data }
    }
    const { socketUrl } = await serveHub({ rules: { n: { receive } } })
    const socket = await connect(socketUrl('n'))
    socket.send('"yes"')
    expect((await socket.take(2)).map(parsed)).toEqual(expect.arrayContaining(['yes', { reply: { heard: 'yes' } }]))
    socket.send('"no"')
    expect(parsed(await socket.next())).toEqual({ error: { code: 'rejected', message: 'No.' } })
  })
})

describe('how a plain WebSocket ends', () => {
  it('with 1000 when the channel is closed and read to its end', async () => {
    const { hub, socketUrl } = await serveHub()
    const [live, late] = [await connect(socketUrl('n')), await connect(socketUrl('n?offset=-1'))]
    await hub.publish('n', 1, { close: true })
    expect([await live.next(), (await live.closed).code]).toEqual(['1', 1000])
    expect([await late.next(), (await late.closed).code]).toEqual(['1', 1000])
    expect((await (await connect(socketUrl('n'))).closed).code).toBe(1000)
  })

  it('promise 3: with 4410 at a gap, when it opens and while it reads', async () => {
    const { hub, url, socketUrl } = await serveHub()
    const { offset } = await hub.publish('n', 1)
    const live = await connect(socketUrl('n'))
    await ask(url('n'), { method: 'DELETE' })
    expect(await live.closed).toMatchObject({ code: 4410, reason: expect.stringMatching(/Read on from|position/) })
    expect((await (await connect(socketUrl(`n?offset=${offset}`))).closed).code).toBe(4410)
  })

  it('says why in at most 123 bytes', async () => {
    const { hub, socketUrl } = await serveHub()
    const long = 'ü'.repeat(120)
    await hub.publish(long, 1)
    const { reason } = await (
      await connect(socketUrl(`${encodeURIComponent(long)}?offset=1111111111111111_0000000000000001`))
    ).closed
    expect(Buffer.byteLength(reason)).toBeGreaterThan(100)
    expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123)
    expect(reason).not.toContain('\ufffd')
  })

  it('with 1009 for a frame over the limit, 1007 for text that is not UTF-8, 1002 for what is no frame', async () => {
    const { socketUrl } = await serveHub({ limits: { bodyBytes: 1_000, messageBytes: 500 } })
    const [large, garbled, broken] = await Promise.all([1, 2, 3].map(() => connect(socketUrl('n'))))
    large!.send('x'.repeat(1_001))
    // RFC 6455 §5.2: a masked text frame of one byte that is not UTF-8, and one with a reserved opcode.
    rawSocket(garbled!).write(Buffer.of(0x81, 0x81, 0, 0, 0, 0, 0xff))
    rawSocket(broken!).write(Buffer.of(0x8f, 0x80, 0, 0, 0, 0))
    expect((await large!.closed).code).toBe(1009)
    expect((await garbled!.closed).code).toBe(1007)
    expect((await broken!.closed).code).toBe(1002)
  })

  it('before it begins: with a status and the error as JSON', async () => {
    const { socketUrl } = await serveHub({ create: 'explicit' })
    const refused = await Promise.all(
      ['n', 'a//b', 'n?offset=soon', 'n?slow=conflate', ''].map((below) => refusal(socketUrl(below))),
    )
    expect(refused.map(({ status, code }) => [status, code])).toEqual([
      [404, 'unknown-channel'],
      [400, 'bad-request'],
      [400, 'bad-request'],
      [400, 'bad-request'],
      [400, 'bad-request'],
    ])
    for (const { headers } of refused)
      expect(headers).toMatchObject({
        'content-type': 'application/json',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'content-security-policy': "sandbox; default-src 'none'",
        ...closing(),
      })
  })
})
