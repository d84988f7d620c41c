/** Who is sent away: a right that ends, a hub that leaves, a store that fails, and what a plain EventSource hears of it. PROTOCOL.md 3.4 and 4.2. */
import { describe, expect, it } from 'vitest'
import { type Credential, memory, noMeter } from '../../src/index.js'
import { RawClient } from '../support/clients/raw-client.js'
import { everyForm, forms, opened } from '../support/clients/readers.js'
import { ask, post } from '../support/clients/request.js'
import { connect, rawSocket, refusal, type Socket, session } from '../support/clients/socket.js'
import { type EventStream, stream } from '../support/clients/sse.js'
import { failing } from '../support/core/failing-store.js'
import { type HubServer, serveHub } from '../support/hub-server.js'
import { ownTime } from '../support/own-time.js'

/** Takes every token for a name; without one nobody comes in. */
const named = (credential?: Credential) => credential && { id: credential.token }
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })

/** What each form hears when its right ends. */
const unauthorized: Record<string, unknown> = {
  'durable long poll': 401,
  'plain poll': 401,
  'plain WebSocket': 4401,
  'anywire.v1': 4401,
}

/** Forms whose clients come back by themselves: they are told to before the token expires. */
const comesBack: readonly string[] = ['plain SSE', 'many channels', 'durable SSE', 'plain WebSocket']

describe.each(everyForm)('promise 7, %s', (form) => {
  it('ends within 1 s when its token expires, or before where its client comes back', async () => {
    let expiresAt = 0
    const codes: unknown[] = []
    const meter = { ...noMeter, closed: (_: string, code: unknown) => void codes.push(code) }
    const server = await serveHub({ authenticate: () => ({ id: 'ann', expiresAt }), meter })
    const sinceMs = ownTime()
    expiresAt = Date.now() + 2_000
    const reader = await opened(form, server)
    const end = await reader.ended
    expect(sinceMs()).toBeLessThan(3_000)
    const before = comesBack.includes(form)
    if (!before) expect(Date.now()).toBeGreaterThanOrEqual(expiresAt)
    const told = form === 'plain WebSocket' ? 1012 : unauthorized[form]
    expect(end).toEqual(told ?? expect.any(String))
    await expect.poll(() => server.hub.stats()).toMatchObject({ connections: 0, subscriptions: 0 })
    expect(codes).toEqual([before ? 'draining' : 'unauthorized'])
  })

  it('ends within 1 s by hub.disconnect of its principal, and no other does', async () => {
    const server = await serveHub({ authenticate: named })
    const [ann] = [await opened(form, server, bearer('ann')), await opened(form, server, bearer('bob'))]
    const sinceMs = ownTime()
    expect(await server.hub.disconnect({ principal: 'ann' })).toBe(1)
    expect(await ann.ended).toEqual(unauthorized[form] ?? expect.any(String))
    expect(sinceMs()).toBeLessThan(1_000)
    await expect.poll(() => server.hub.stats().connections).toBe(1)
  })
})

describe('a client that is sent away and goes on all the same', () => {
  /** Deaf: it does not see that it is closed, and so does not stop. */
  async function deaf(socket: Socket): Promise<void> {
    rawSocket(socket).removeAllListeners('data').pause()
  }

  it('promise 7: publishes nothing any more over a plain WebSocket', async () => {
    const { hub, url, socketUrl } = await serveHub()
    const socket = await connect(socketUrl('n'))
    await deaf(socket)
    hub.disconnect({ channel: 'n' })
    socket.send('1')
    await drained(socket)
    expect((await ask(url('n'))).json()).toEqual([])
  })

  it('promise 7: publishes and reads nothing any more in anywire.v1', async () => {
    const { hub, url, socketUrl } = await serveHub({ authenticate: named })
    const socket = await session(socketUrl(), { headers: bearer('ann') })
    await deaf(socket)
    hub.disconnect({ principal: 'ann' })
    socket.say({ type: 'publish', id: 1, channel: 'n', data: 1 })
    socket.say({ type: 'subscribe', subscriptions: [{ channel: 'n' }] })
    await drained(socket)
    expect((await ask(url('n'), { headers: bearer('bob') })).json()).toEqual([])
    expect(hub.stats().subscriptions).toBe(0)
  })
})

describe('a request whose body is still coming', () => {
  const json = 'Content-Type: application/json'
  const publish = (channel: string) => JSON.stringify({ publish: [{ channel, data: 'late' }] })
  const writes: Record<string, [line: string, body: string]> = {
    POST: ['POST /channels/n', '"late"'],
    PUT: ['PUT /channels/n', '"late"'],
    'anywire.v1 over POST': ['POST /channels', publish('n')],
  }
  const begun = (port: number, [line, body]: [string, string]) =>
    new RawClient(
      port,
      `${line} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ann\r\n${json}\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 2)}`,
    )

  it.each(Object.keys(writes))('promise 7: stores nothing once its sender was sent away, %s', async (form) => {
    const { hub, port, url } = await serveHub({ authenticate: named })
    const client = begun(port, writes[form]!)
    await expect.poll(() => hub.stats().requests).toBe(1)
    hub.disconnect({ principal: 'bob' })
    hub.disconnect({ channel: 'n' })
    hub.disconnect({ principal: 'ann' })
    client.socket.write(writes[form]![1].slice(2))
    await client.until(({ body }) => body.length > 0)
    expect(client.head).toContain('401')
    expect((await ask(url('n'), { headers: bearer('bob') })).json()).toEqual([])
  })

  it.each(Object.keys(writes))('promise 7: stores nothing once its credential has expired, %s', async (form) => {
    let expiresAt = Number.POSITIVE_INFINITY
    const { hub, port, url } = await serveHub({ authenticate: (one) => ({ id: 'ann', ...(one && { expiresAt }) }) })
    expiresAt = Date.now() + 1_500
    const client = begun(port, writes[form]!)
    await expect.poll(() => hub.stats().requests).toBe(1)
    await expect.poll(() => Date.now()).toBeGreaterThan(expiresAt)
    client.socket.write(writes[form]![1].slice(2))
    await client.until(({ body }) => body.length > 0)
    expect(client.head).toContain('401')
    expect((await ask(url('n'))).json()).toEqual([])
  })

  it('promise 7: of a list publishes no more than was begun when its sender was sent away', async () => {
    const { hub, url } = await serveHub({
      authenticate: named,
      limits: { publishesPending: 1 },
      rules: { n: { receive: ({ data }) => void (data === 1 && hub.disconnect({ principal: 'ann' })) } },
    })
    const list = [0, 1, 2].map((data) => ({ channel: 'n', data }))
    expect((await post(url(), { publish: list }, bearer('ann'))).status).toBe(401)
    expect((await ask(url('n'), { headers: bearer('bob') })).json()).toEqual([0, 1])
  })
})

/** Resolves when the server has had time to act on what was sent: another connection has been served twice since. */
async function drained(socket: Socket): Promise<void> {
  await expect.poll(() => rawSocket(socket).writableLength).toBe(0)
  const { host } = new URL(socket.webSocket.url)
  for (let i = 0; i < 5; i++) await ask(`http://${host}/channels/other`)
}

describe('hub.disconnect of a channel', () => {
  it('takes this channel alone from a connection of many, and says so', async () => {
    const { hub, socketUrl, url } = await serveHub()
    const socket = await session(socketUrl())
    const subscriptions = [{ channel: 'a' }, { channel: 'b' }]
    socket.say({ type: 'subscribe', subscriptions })
    const posted = await stream(url(), { method: 'POST', body: JSON.stringify({ subscribe: subscriptions }) })
    for (const reader of [socket, posted]) for (const _ of subscriptions) await reader.frame('subscribed')
    expect(await hub.disconnect({ channel: 'a' })).toBe(2)
    for (const reader of [socket, posted])
      expect(await reader.frame('error')).toMatchObject({ code: 'unauthorized', channel: 'a' })
    await hub.publish('a', 1)
    await hub.publish('b', 2)
    for (const reader of [socket, posted]) expect(await reader.frame('messages')).toMatchObject({ channel: 'b' })
  })

  it('ends a connection that reads nothing else', async () => {
    const { hub, socketUrl } = await serveHub()
    const [one, other] = [await connect(socketUrl('a')), await connect(socketUrl('b'))]
    expect(await hub.disconnect({ channel: 'a' })).toBe(1)
    expect((await one.closed).code).toBe(4401)
    await hub.publish('b', 1)
    expect(await other.next()).toBe('1')
  })
})

/** A question that a hub asks of its program, and that is answered when the test says so. */
class Question<T> {
  readonly asked: Promise<void>
  answer: (value: T) => void = () => undefined
  #heard: () => void = () => undefined
  /** Of those who ask only the first waits, once it is armed. */
  #armed = false

  constructor() {
    this.asked = new Promise((resolve) => {
      this.#heard = resolve
    })
  }

  arm(): void {
    this.#armed = true
  }

  ask(value: T): T | Promise<T> {
    if (!this.#armed) return value
    this.#armed = false
    return new Promise<T>((resolve) => {
      this.answer = resolve
      this.#heard()
    })
  }
}

/** Forms that read many channels on one connection: they lose the one, and stay. */
const many = ['anywire.v1', 'anywire.v1 over POST', 'a batch']
const single = everyForm.filter((form) => !many.includes(form))

/** What no reader may be shown that was sent away before it began. */
const secret = 'said before'

/** A hub in which something is slow: the store, `authenticate`, or the rule that says who may read `n`. */
async function slowHub(slow: 'authenticate' | 'rule' | 'store') {
  const question = new Question<boolean>()
  const wait = (where: typeof slow) => (slow === where ? question.ask(true) : true)
  const asking: ReadonlySet<string | symbol> = new Set(['read', 'snapshot', 'position', 'follow'])
  const store = new Proxy(memory(), {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      if (!asking.has(name)) return member.bind(target)
      return async (...given: unknown[]) => {
        await wait('store')
        return member.apply(target, given)
      }
    },
  })
  const server = await serveHub({
    store,
    authenticate: async (credential) => ((await wait('authenticate')) ? named(credential) : null),
    rules: { '*': { subscribe: () => wait('rule') } },
  })
  server.hub.yjs('/yjs', { subscribe: () => wait('rule') })
  await server.hub.publish('n', secret)
  question.arm()
  return { server, question }
}

type Reader = (server: HubServer, headers: Record<string, string>) => Promise<{ ended: Promise<unknown> }>

/** All forms that read, with what else is opened and read: pages and documents. */
const readers: Readonly<Record<string, Reader>> = {
  ...forms,
  'plain SSE from the start': async (server, headers) => {
    const reader = await stream(server.url('n?offset=-1'), { headers })
    return { ended: reader.ended.then(() => reader.text) }
  },
  'plain WebSocket from the start': async (server, headers) => {
    const socket = await connect(server.socketUrl('n?offset=-1'), { headers })
    return { ended: socket.closed.then(({ code }) => `${code} ${socket.waiting}`) }
  },
  'a page': async (server, headers) => {
    const answer = ask(server.url('n'), { headers })
    return { ended: answer.then(({ status, text }) => `${status} ${text}`) }
  },
  'HEAD of a channel': async (server, headers) => {
    const answer = ask(server.url('n'), { method: 'HEAD', headers })
    return { ended: answer.then(({ status }) => status) }
  },
  'y-websocket': async (server, headers) => {
    const socket = await connect(server.socketUrl().replace('/channels', '/yjs/n'), { headers })
    return { ended: socket.closed.then(({ code }) => code) }
  },
}

describe.each(Object.keys(readers))('hub.disconnect while it is being opened, %s', (form) => {
  const slow = ['authenticate', 'rule', 'store'] as const

  it.each(slow)('promise 7: ends it and shows it nothing, where %s is slow', async (where) => {
    const { server, question } = await slowHub(where)
    const reader = readers[form]!(server, bearer('ann'))
    await question.asked
    server.hub.disconnect({ principal: 'ann' })
    question.answer(true)
    const end = await reader.then(({ ended }) => ended).catch((refused: Error) => refused.message)
    expect(String(end)).not.toContain(secret)
    await expect.poll(() => server.hub.stats()).toMatchObject({ connections: 0, subscriptions: 0 })
  })

  it.each(slow)('promise 7: leaves alone whom it does not name, where %s is slow', async (where) => {
    const { server, question } = await slowHub(where)
    const reader = readers[form]!(server, bearer('ann'))
    await question.asked
    server.hub.disconnect({ principal: 'bob' })
    server.hub.disconnect({ channel: 'other' })
    question.answer(true)
    const opened = await reader
    if (form === 'a page') expect(await opened.ended).toBe(`200 ["${secret}"]`)
    else if (form === 'HEAD of a channel') expect(await opened.ended).toBe(200)
    else if (form === 'a batch') expect(await opened.ended).toContain(secret)
    else await expect.poll(() => server.hub.stats().connections).toBe(1)
  })

  it('promise 7: ends nothing that came later', async () => {
    const { server, question } = await slowHub('rule')
    const slowly = readers[form]!(server, bearer('ann'))
    void slowly.catch(() => undefined)
    await question.asked
    server.hub.disconnect({ principal: 'ann' })
    const back = await connect(server.socketUrl('n'), { headers: bearer('ann') })
    question.answer(true)
    await slowly.then(({ ended }) => ended).catch(() => undefined)
    await expect.poll(() => server.hub.stats().connections).toBe(1)
    await server.hub.publish('n', 'still here')
    expect(await back.next()).toBe('"still here"')
  })
})

describe('hub.disconnect of a channel that is being opened', () => {
  it.each(single)('promise 7: ends the reading, %s', async (form) => {
    const { server, question } = await slowHub('rule')
    const reader = forms[form](server, bearer('ann'))
    await question.asked
    server.hub.disconnect({ channel: 'n' })
    question.answer(true)
    await (await reader).ended
    await expect.poll(() => server.hub.stats()).toMatchObject({ connections: 0, subscriptions: 0 })
  })

  it('promise 7: does not begin it on a connection of many channels, and says so', async () => {
    const { server, question } = await slowHub('rule')
    const socket = await session(server.socketUrl(), { headers: bearer('ann') })
    socket.say({ type: 'subscribe', subscriptions: [{ channel: 'n' }] })
    await question.asked
    expect(await server.hub.disconnect({ channel: 'n' })).toBe(1)
    question.answer(true)
    expect(await socket.frame('error')).toMatchObject({ code: 'unauthorized', channel: 'n' })
    socket.say({ type: 'ping', id: 'after' })
    expect(await socket.frame('pong')).toMatchObject({ id: 'after' })
    expect(server.hub.stats()).toMatchObject({ connections: 1, subscriptions: 0 })
  })

  it('promise 7: ends who is known by an `auth` frame that is still looked at', async () => {
    const question = new Question<boolean>()
    const authenticate = async (credential?: Credential) => ((await question.ask(true)) ? named(credential) : null)
    const server = await serveHub({ authenticate })
    const socket = await session(server.socketUrl())
    question.arm()
    socket.say({ type: 'auth', token: 'ann' })
    await question.asked
    server.hub.disconnect({ principal: 'ann' })
    question.answer(true)
    expect((await socket.closed).code).toBe(4401)
    await expect.poll(() => server.hub.stats().connections).toBe(0)
  })
})

describe('the selector of hub.disconnect', () => {
  it.each([
    [{ principal: undefined }, /"principal" of hub.disconnect is undefined/],
    [{ principal: '' }, /"principal" of hub.disconnect must be/],
    [{ channel: 5 }, /"channel" of hub.disconnect must be/],
    [{ principle: 'ann' }, /no field "principle".*did you mean "principal"/],
    [undefined, /must be an object/],
    ['ann', /must be an object/],
  ])('is refused if it does not say whom: %j', async (selector, sentence) => {
    const { hub, socketUrl } = await serveHub()
    await connect(socketUrl('n'))
    expect(() => hub.disconnect(selector as never)).toThrow(
      expect.objectContaining({ code: 'bad-request', message: expect.stringMatching(sentence) }),
    )
    expect(hub.stats().connections).toBe(1)
  })

  it('ends everybody if it is empty', async () => {
    const { hub, socketUrl } = await serveHub()
    for (const name of ['a', 'b']) await connect(socketUrl(name))
    expect(await hub.disconnect({})).toBe(2)
  })
})

describe.each(everyForm)('a hub that leaves, %s', (form) => {
  it('sends its readers away, each told to come back where the form can say that', async () => {
    const server = await serveHub()
    const reader = await opened(form, server)
    await server.hub.close({ graceMs: 100 })
    const told: Record<string, unknown> = {
      'plain SSE': expect.stringMatching(/retry: \d+\n\n$/),
      'many channels': expect.stringMatching(/retry: \d+\n\n$/),
      'anywire.v1 over POST': expect.stringMatching(/data: \{"type":"drain","retryMs":\d+\}\n\n$/),
      'durable long poll': 503,
      'plain poll': 503,
      'plain WebSocket': 1012,
      'anywire.v1': 1012,
    }
    expect(await reader.ended).toEqual(told[form] ?? expect.any(String))
    if ('frame' in reader) expect(await (reader.frame as (type: string) => unknown)('drain')).toBeDefined()
    await expect.poll(() => server.hub.stats()).toMatchObject({ connections: 0, subscriptions: 0 })
  })
})

describe('a hub that has left', () => {
  it('answers 503 with Retry-After, and refuses an upgrade the same', async () => {
    const { hub, url, socketUrl } = await serveHub()
    await hub.close()
    const { status, code, headers } = await ask(url('n'))
    expect([status, code, headers['retry-after']]).toEqual([503, 'draining', expect.stringMatching(/^[1-9]\d*$/)])
    expect(await refusal(socketUrl('n'))).toMatchObject({ status: 503, code: 'draining' })
  })
})

describe('a plain EventSource that reconnects', () => {
  const resuming = (url: string): Promise<EventStream> => stream(url, { headers: { 'Last-Event-ID': 'x' } })

  async function expectRetry(reader: EventStream): Promise<void> {
    await reader.ended
    expect([reader.status, reader.headers['content-type'], reader.text]).toEqual([
      200,
      'text/event-stream',
      expect.stringMatching(/^retry: [1-9]\d{2,}\n\n$/),
    ])
  }

  it.each(['n', '?channel=n&channel=m'])('is told to come back by a hub that leaves (%s)', async (below) => {
    const { hub, url } = await serveHub()
    await hub.close()
    await expectRetry(await resuming(url(below)))
    expect((await stream(url(below))).status).toBe(503)
  })

  it.each(['n', '?channel=n&channel=m'])('is told to come back where it is one too many (%s)', async (below) => {
    const { hub, url } = await serveHub({ limits: { connections: 1 } })
    await stream(url('other'))
    await expectRetry(await resuming(url(below)))
    const first = await stream(url(below))
    expect([first.status, first.headers['retry-after']]).toEqual([429, '5'])
    expect(hub.stats()).toMatchObject({ connections: 1, subscriptions: 1 })
  })

  it.each(['n', '?channel=n&channel=m'])('is told to come back when the store fails (%s)', async (below) => {
    const away = failing(memory())
    const { url } = await serveHub({ store: away.store, onError: () => undefined })
    away.down = true
    await expectRetry(await resuming(url(below)))
    expect((await stream(url(below))).status).toBeGreaterThanOrEqual(500)
    away.down = false
    expect((await resuming(url(below))).status).toBe(200)
  })

  it('is told to come back when "authenticate" fails', async () => {
    let fails = false
    const authenticate = () => {
      if (fails) throw new Error('The directory is away.')
      return { id: 'ann' }
    }
    const { url } = await serveHub({ authenticate, onError: () => undefined })
    const reader = await stream(url('n'))
    await reader.until((text) => text.includes('\n\n'))
    fails = true
    const again = await stream(url('n'), { headers: { 'Last-Event-ID': reader.lastEventId } })
    await again.ended
    expect([again.status, again.retryMs]).toEqual([200, expect.any(Number)])
  })

  it('is refused for good if it may not read', async () => {
    const { url } = await serveHub({ authenticate: named, rules: { secret: { subscribe: false } } })
    const status = async (below: string, headers: Record<string, string>) =>
      (await stream(url(below), { headers: { 'Last-Event-ID': 'x', ...headers } })).status
    expect(await status('n', {})).toBe(401)
    expect(await status('secret', bearer('ann'))).toBe(403)
    expect(await status('?channel=n&channel=secret', bearer('ann'))).toBe(403)
  })
})

describe('a store that is down', () => {
  it('answers 503 or 500 with a sentence, keeps the process up, and serves again when it is back', async () => {
    const away = failing(memory())
    const { hub, url, socketUrl } = await serveHub({ store: away.store, onError: () => undefined })
    await hub.publish('n', 1)
    away.down = true
    const answers = [
      await ask(url('n')),
      await post(url('n'), 2),
      await ask(url('n?live=poll')),
      await ask(url('n'), { method: 'HEAD' }),
    ]
    for (const { status } of answers) expect(status).toBeGreaterThanOrEqual(500)
    expect(answers[1]!.code).toBe('unknown-outcome')
    expect((await refusal(socketUrl('n'))).status).toBeGreaterThanOrEqual(500)
    away.down = false
    expect((await ask(url('n'))).json()).toEqual([1])
  })
})
