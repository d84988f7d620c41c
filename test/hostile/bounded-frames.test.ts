/** What one frame or body of anywire.v1 may ask for, what may be under way, and that pings are answered meanwhile. PROTOCOL.md 4. */
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { ask, post } from '../support/clients/request.js'
import { connect, session } from '../support/clients/socket.js'
import { serveHub } from '../support/hub-server.js'

const subscriptions = (count: number) => Array.from({ length: count }, (_, i) => ({ channel: `n/${i}` }))
const never = () => new Promise<never>(() => undefined)

describe('a list in a frame', () => {
  it('with more entries than channelsPerConnection is refused as a whole, once', async () => {
    const { hub, socketUrl } = await serveHub({ limits: { channelsPerConnection: 10 } })
    const socket = await session(socketUrl())
    socket.say({ type: 'subscribe', subscriptions: subscriptions(11) })
    expect(await socket.frame('error')).toMatchObject({ code: 'too-large', message: expect.stringContaining('10') })
    socket.say({ type: 'unsubscribe', channels: Array.from({ length: 11 }, () => 'n') })
    expect(await socket.frame('error')).toMatchObject({ code: 'too-large' })
    expect(hub.stats()).toMatchObject({ subscriptions: 0, channels: 0 })
    socket.say({ type: 'subscribe', subscriptions: subscriptions(10) })
    for (let i = 0; i < 10; i++) await socket.frame('subscribed')
    expect(hub.stats().subscriptions).toBe(10)
  })

  it('opens a channel that it names again and again once, as its last entry says', async () => {
    let asked = 0
    const subscribe = () => ++asked > 0
    const { hub, socketUrl } = await serveHub({ rules: { n: { subscribe } } })
    await hub.publish('n', 1)
    const socket = await session(socketUrl())
    const again = Array.from({ length: 1_000 }, (_, i) => ({ channel: 'n', offset: i < 999 ? 'now' : '-1' }))
    socket.say({ type: 'subscribe', subscriptions: again })
    await socket.frame('subscribed')
    expect(await socket.frame('messages')).toMatchObject({ messages: [{ data: 1 }] })
    expect([hub.stats().subscriptions, asked]).toEqual([1, 1])
  })

  it.each(['text/event-stream', 'application/json'])(
    'of a POST for %s that is too long answers 413',
    async (Accept) => {
      const { hub, url } = await serveHub({ limits: { channelsPerConnection: 10, messagesPerPublish: 5 } })
      const headers = { Accept, 'Content-Type': 'application/json' }
      const publish = Array.from({ length: 6 }, () => ({ channel: 'n', data: 1 }))
      for (const body of [{ subscribe: subscriptions(11) }, { publish }]) {
        const answer = await ask(url(), { method: 'POST', headers, body: JSON.stringify(body) })
        expect([answer.status, answer.code]).toEqual([413, 'too-large'])
      }
      expect((await ask(url('n'))).json()).toEqual([])
      expect(hub.stats()).toMatchObject({ subscriptions: 0, connections: 0 })
    },
  )
})

describe('what is under way on a connection', () => {
  it('is at most openingsPending subscriptions; those behind them are opened later', async () => {
    let asked = 0
    const waiting: (() => void)[] = []
    const subscribe = () => {
      asked++
      return new Promise<boolean>((resolve) => waiting.push(() => resolve(true)))
    }
    const { socketUrl } = await serveHub({ limits: { openingsPending: 4 }, rules: { 'n/:i': { subscribe } } })
    const socket = await session(socketUrl())
    socket.say({ type: 'subscribe', subscriptions: subscriptions(10) })
    await expect.poll(() => asked).toBe(4)
    socket.say({ type: 'ping', id: 'meanwhile' })
    expect(await socket.frame('pong')).toMatchObject({ id: 'meanwhile' })
    expect(asked).toBe(4)
    for (let opened = 0; opened < 10; opened++) {
      await expect.poll(() => waiting.length).toBeGreaterThan(0)
      waiting.shift()?.()
      await socket.frame('subscribed')
    }
    expect(asked).toBe(10)
  })

  it('leaves pings of both kinds answered, though as many publishes as may be wait', async () => {
    const options = { limits: { publishesPending: 2 }, rules: { slow: { receive: never } } }
    const { socketUrl } = await serveHub(options)
    const socket = await session(socketUrl())
    for (const id of [1, 2, 3]) socket.say({ type: 'publish', id, channel: 'slow', data: id })
    socket.say({ type: 'ping', id: 'still here' })
    expect(await socket.frame('pong')).toMatchObject({ id: 'still here' })
    const plain = await connect(socketUrl('slow'))
    for (const one of [1, 2, 3]) plain.send(String(one))
    for (const { webSocket } of [socket, plain]) {
      webSocket.ping('x')
      await once(webSocket, 'pong')
    }
  })

  it('is worked off in its order once there is room again', async () => {
    const waiting: (() => void)[] = []
    const receive = () => new Promise<void>((resolve) => waiting.push(resolve))
    const { socketUrl, url } = await serveHub({ limits: { publishesPending: 1 }, rules: { slow: { receive } } })
    const socket = await session(socketUrl())
    for (const id of [1, 2, 3]) socket.say({ type: 'publish', id, channel: 'slow', data: id })
    for (const id of [1, 2, 3]) {
      await expect.poll(() => waiting.length).toBe(1)
      waiting.shift()?.()
      expect(await socket.frame('published')).toMatchObject({ id })
    }
    expect((await ask(url('slow'))).json()).toEqual([1, 2, 3])
  })
})

describe('before the auth frame', () => {
  it('a longer frame than firstFrameBytes ends the connection unread', async () => {
    const { socketUrl } = await serveHub({ authenticate: () => null })
    const socket = await session(socketUrl())
    socket.say({ type: 'ping', id: 'x'.repeat(10_000) })
    expect(await socket.frame('error')).toMatchObject({ code: 'unauthorized' })
    socket.send('['.repeat(20_000))
    expect((await socket.closed).code).toBe(4413)
  })

  it('counts no longer once the client is in', async () => {
    const { hub, socketUrl, url } = await serveHub({ authenticate: (credential) => credential && { id: 'ann' } })
    const socket = await session(socketUrl())
    socket.say({ type: 'auth', token: 'ann' })
    await socket.frame('authenticated')
    socket.say({ type: 'publish', id: 1, channel: 'n', data: 'x'.repeat(100_000) })
    expect(await socket.frame('published')).toMatchObject({ id: 1 })
    expect((await post(url('n'), 1)).status).toBe(401)
    expect(hub.stats().connections).toBe(1)
  })
})
