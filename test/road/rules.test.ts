/** Rules at work on what clients publish, over every way to publish. PROTOCOL.md 3.1, 3.5 and 4. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { describe, expect, it } from 'vitest'
import { AnywireError, type Rules } from '../../src/index.js'
import { ask, post, postText } from '../support/clients/request.js'
import { connect, type Socket, session } from '../support/clients/socket.js'
import { deferred } from '../support/core/deferred.js'
import { type HubServer, serveHub } from '../support/hub-server.js'

/** A schema as any library of Standard Schema gives: numbers, doubled. */
const doubled: StandardSchemaV1<number, number> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) =>
      typeof value === 'number' ? { value: value * 2 } : { issues: [{ message: 'not a number', path: [] }] },
  },
}

interface Heard {
  readonly data?: unknown
  readonly code?: string | undefined
  readonly reply?: unknown
}

/** The ways in which a client publishes a JSON value, each with what it hears of it. */
const ways: Record<string, (server: HubServer, channel: string, value: unknown) => Promise<Heard>> = {
  async 'a POST'({ url }, channel, value) {
    const answer = await post(url(channel), Array.isArray(value) ? [value] : value)
    return answer.status === 200 ? { reply: answer.json() } : { code: answer.code }
  },
  async 'a plain WebSocket'({ socketUrl }, channel, value) {
    const socket = await connect(socketUrl(channel))
    socket.send(JSON.stringify(value))
    // A publish that stands and is not replied to is seen as what its own sender reads.
    const { error, reply, ...rest } = Object(JSON.parse(String(await socket.next())))
    socket.close()
    return { code: error?.code, reply, data: rest }
  },
  async 'anywire.v1 over WebSocket'({ socketUrl }, channel, value) {
    const socket = await session(socketUrl())
    socket.say({ type: 'publish', id: 1, channel, data: value })
    return heardIn(await Promise.race([socket.frame('published'), socket.frame('error')]))
  },
  async 'anywire.v1 over POST'({ url }, channel, value) {
    const [frame] = (await post(url(), { publish: [{ channel, data: value }] })).json<Record<string, unknown>[]>()
    return heardIn(frame!)
  },
}

function heardIn(frame: Record<string, unknown>): Heard {
  return { code: frame.code as string | undefined, reply: frame.reply }
}

const kept = async ({ url }: HubServer, channel: string) => (await ask(url(channel))).json<unknown[]>()

describe.each(Object.entries(ways))('a rule, over %s', (_, publish) => {
  it('stores what the schema makes of a message', async () => {
    const server = await serveHub({ rules: { n: { schema: doubled } } })
    expect((await publish(server, 'n', 21)).code).toBeUndefined()
    expect(await kept(server, 'n')).toEqual([42])
  })

  it('refuses what the schema does not take', async () => {
    const server = await serveHub({ rules: { n: { schema: doubled } } })
    expect((await publish(server, 'n', 'text')).code).toBe('rejected')
    expect(await kept(server, 'n')).toEqual([])
  })

  it('transforms by `receive`, and hands its return value to the publisher', async () => {
    const rules: Rules = {
      'sum/:kind': {
        receive(message, { channel, params }) {
          const [a, b] = message.data as [number, number]
          message.data = a + b
          return { channel, kind: params.kind }
        },
      },
    }
    const server = await serveHub({ rules })
    expect((await publish(server, 'sum/x', [1, 2])).reply).toEqual({ channel: 'sum/x', kind: 'x' })
    expect(await kept(server, 'sum/x')).toEqual([3])
  })

  it('answers a request that is not to be stored', async () => {
    const rules: Rules = {
      ask: {
        receive(message) {
          message.discard()
          return 'pong'
        },
      },
    }
    const server = await serveHub({ rules })
    expect((await publish(server, 'ask', 'ping')).reply).toBe('pong')
    expect(await kept(server, 'ask')).toEqual([])
  })

  it('refuses with what `receive` throws, and gives nothing away of what it did not mean to', async () => {
    const rules: Rules = {
      no: {
        receive() {
          throw new AnywireError('rejected', 'Not today.')
        },
      },
      bug: {
        receive() {
          throw new TypeError('secret')
        },
      },
    }
    const errors: AnywireError[] = []
    const server = await serveHub({ rules, onError: (error) => errors.push(error) })
    expect((await publish(server, 'no', 1)).code).toBe('rejected')
    const bug = await publish(server, 'bug', 1)
    expect(bug.code).toBe('internal')
    expect(JSON.stringify(bug)).not.toContain('secret')
    expect(errors.map(({ cause }) => (cause as Error).message)).toContain('secret')
  })

  it('lets only those publish whom it lets', async () => {
    const server = await serveHub({ rules: { read: { publish: false }, asked: { publish: async () => true } } })
    expect((await publish(server, 'read', 1)).code).toBe('forbidden')
    expect(await kept(server, 'read')).toEqual([])
    await publish(server, 'asked', 1)
    expect(await kept(server, 'asked')).toEqual([1])
  })

  it('takes the key from the message', async () => {
    const server = await serveHub({ rules: { stock: { key: '/symbol', keys: true } } })
    for (const price of [1, 2]) await publish(server, 'stock', { symbol: 'ACME', price })
    expect((await ask(server.url('stock?offset=snapshot'))).json()).toEqual([{ symbol: 'ACME', price: 2 }])
  })

  it("keeps clients away from Anywire's own names", async () => {
    const server = await serveHub()
    const heard = await publish(server, '$own', 1).catch((thrown: Error) => ({ code: thrown.message }))
    expect(heard.code).toMatch(/forbidden|403/)
  })
})

describe('replies', () => {
  it('to several messages of a POST come as an array in their order', async () => {
    const { url } = await serveHub({ rules: { n: { receive: (message) => Number(message.data) * 10 } } })
    const posted = await post(url('n'), [1, 2, 3])
    expect([posted.status, posted.json()]).toEqual([200, [10, 20, 30]])
  })

  it('are not kept: a message that nothing was said to answers 204', async () => {
    const { url } = await serveHub({ rules: { n: { receive: () => undefined } } })
    expect((await post(url('n'), 1)).status).toBe(204)
  })
})

describe("promise 4's order", () => {
  const by = (seq: number) => ({ 'Producer-Id': 'p', 'Producer-Epoch': '0', 'Producer-Seq': String(seq) })

  it('asks the producer before `receive`: a duplicate, a gap and a fenced one are not heard', async () => {
    const heard: unknown[] = []
    const { url } = await serveHub({ rules: { n: { receive: ({ data }) => void heard.push(data) } } })
    await post(url('n'), 'a', by(0))
    await post(url('n'), 'again', by(0))
    await post(url('n'), 'gap', by(5))
    await post(url('n'), 'b', { ...by(0), 'Producer-Epoch': '1' })
    await post(url('n'), 'fenced', by(1))
    expect(heard).toEqual(['a', 'b'])
  })

  it('does not hear a duplicate in a frame either, and says that it is one', async () => {
    const heard: unknown[] = []
    const { socketUrl } = await serveHub({ rules: { n: { receive: ({ data }) => void heard.push(data) } } })
    const socket = await session(socketUrl())
    const producer = { id: 'p', epoch: 0, seq: 0 }
    for (const id of [1, 2]) socket.say({ type: 'publish', id, channel: 'n', data: id, producer })
    const first = await socket.frame('published')
    expect(await socket.frame('published')).toEqual({ ...first, id: 2, duplicate: true })
    expect(heard).toEqual([1])
  })

  it('does not use up a number on what `receive` refused', async () => {
    let open = false
    const receive = () => {
      if (!open) throw new AnywireError('rejected', 'Not yet.')
    }
    const { url } = await serveHub({ rules: { n: { receive } } })
    expect((await post(url('n'), 1, by(0))).status).toBe(422)
    open = true
    expect((await post(url('n'), 1, by(0))).status).toBe(200)
  })

  it('checks every message of a publish before `receive` hears the first', async () => {
    const heard: unknown[] = []
    const receive = ({ data }: { data: unknown }) => void heard.push(data)
    const { url } = await serveHub({ rules: { n: { schema: doubled, receive } } })
    expect((await post(url('n'), [1, 2, 'three'])).status).toBe(422)
    expect(heard).toEqual([])
  })

  it('names what a schema found wrong', async () => {
    const { url } = await serveHub({ rules: { n: { schema: doubled } } })
    const refused = await post(url('n'), 'x')
    expect([refused.status, refused.json()]).toEqual([
      422,
      {
        anywire: 1,
        error: { code: 'rejected', message: expect.stringMatching(/not a number/), issues: [expect.anything()] },
      },
    ])
  })

  it('judges JSON and content type before the schema', async () => {
    const { url } = await serveHub({ rules: { n: { schema: doubled } } })
    expect((await postText(url('n'), '{', { 'Content-Type': 'application/json' })).status).toBe(400)
    expect((await postText(url('n'), '1', { 'Content-Type': 'text/plain' })).status).toBe(409)
  })
})

describe('one at a time', () => {
  /** A rule whose `receive` is held until told to go on. */
  function held() {
    const order: string[] = []
    const [entered, go] = [deferred(), deferred()]
    const rule = {
      async receive({ data }: { data: unknown }) {
        order.push(`${data}`)
        if (data === 1) {
          entered.resolve()
          await go.promise
        }
        order.push(`${data} done`)
      },
    }
    return { order, entered, go, rules: { '*': rule } }
  }

  async function inOrder(socket: Socket, count: number): Promise<unknown[]> {
    const ids = []
    while (ids.length < count) ids.push((await socket.frame('published')).id)
    return ids
  }

  it('hears the publishes of a connection to one channel, and others meanwhile', async () => {
    const { order, entered, go, rules } = held()
    const { socketUrl } = await serveHub({ rules })
    const [one, other] = [await session(socketUrl()), await session(socketUrl())]
    for (const id of [1, 2]) one.say({ type: 'publish', id, channel: 'a', data: id })
    await entered.promise
    one.say({ type: 'publish', id: 3, channel: 'b', data: 3 })
    other.say({ type: 'publish', id: 4, channel: 'a', data: 4 })
    expect([await inOrder(one, 1), await inOrder(other, 1)]).toEqual([[3], [4]])
    go.resolve()
    expect(await inOrder(one, 2)).toEqual([1, 2])
    expect(order.filter((what) => /^[12]/.test(what))).toEqual(['1', '1 done', '2', '2 done'])
  })

  it('hears what a plain WebSocket sends in its order', async () => {
    const { order, entered, go, rules } = held()
    const { socketUrl } = await serveHub({ rules })
    const socket = await connect(socketUrl('a'))
    for (const n of [1, 2, 3]) socket.send(String(n))
    await entered.promise
    go.resolve()
    expect(await socket.take(3)).toEqual(['1', '2', '3'])
    expect(order).toEqual(['1', '1 done', '2', '2 done', '3', '3 done'])
  })

  it('hears the publishes of one POST on the mount path in theirs', async () => {
    const { order, entered, go, rules } = held()
    const { url } = await serveHub({ rules })
    const posted = post(url(), { publish: [1, 2].map((n) => ({ channel: 'a', data: n, id: n })) })
    await entered.promise
    go.resolve()
    expect((await posted).json<{ id: number }[]>().map(({ id }) => id)).toEqual([1, 2])
    expect(order).toEqual(['1', '1 done', '2', '2 done'])
  })
})

describe('who may read', () => {
  const rules: Rules = {
    'room/:id': { subscribe: ({ params, principal }) => params.id === principal.id },
    $stats: { subscribe: true },
  }
  const authenticate = (credential?: { token: string }) => ({ id: credential?.token ?? 'nobody' })
  const ann = { headers: { Authorization: 'Bearer ann' } }

  it('is asked on every form', async () => {
    const { url, socketUrl } = await serveHub({ rules, authenticate })
    const sse = { headers: { ...ann.headers, Accept: 'text/event-stream' } }
    const asked = await Promise.all([
      ask(url('room/bob'), ann),
      ask(url('room/bob'), { ...ann, method: 'HEAD' }),
      ask(url('room/bob?live=long-poll&offset=-1'), ann),
      ask(url('room/bob?live=sse&offset=-1'), ann),
      ask(url('room/bob?live=poll'), ann),
      ask(url('room/bob'), sse),
      ask(url('?channel=room/ann&channel=room/bob'), sse),
    ])
    expect(asked.map(({ status }) => status)).toEqual(asked.map(() => 403))
    await expect(connect(socketUrl('room/bob'), ann)).rejects.toThrow('403')
    const socket = await session(socketUrl(), ann)
    socket.say({ type: 'subscribe', subscriptions: [{ channel: 'room/bob' }, { channel: 'room/ann' }] })
    expect(await socket.frame('error')).toMatchObject({ code: 'forbidden', channel: 'room/bob' })
    expect(await socket.frame('subscribed')).toMatchObject({ channel: 'room/ann' })
    const batch = await post(url(), { subscribe: [{ channel: 'room/bob' }] }, ann.headers)
    expect(batch.json()).toMatchObject([{ type: 'error', code: 'forbidden', channel: 'room/bob' }])
  })

  it("denies Anywire's own names unless a rule grants them", async () => {
    const { url } = await serveHub({ rules, authenticate })
    expect((await ask(url('$other'), ann)).status).toBe(403)
    expect((await ask(url('$stats'), ann)).status).toBe(200)
    expect((await ask(url('$stats'), { ...ann, method: 'PUT' })).status).toBe(403)
    expect((await ask(url('$stats'), { ...ann, method: 'DELETE' })).status).toBe(403)
  })
})

describe('retention', () => {
  it('keeps what the rule says, by count, bytes and age', async () => {
    const rules: Rules = {
      count: { retain: { messages: 2 } },
      bytes: { retain: { bytes: 1_000 } },
      age: { retain: { ageMs: 20 } },
    }
    const server = await serveHub({ rules })
    for (const n of [1, 2, 3]) await server.hub.publish('count', n)
    for (const n of [1, 2, 3]) await server.hub.publish('bytes', String(n).repeat(500))
    await server.hub.publish('age', 1)
    expect(await kept(server, 'count')).toEqual([2, 3])
    expect(await kept(server, 'bytes')).toHaveLength(1)
    await expect.poll(() => kept(server, 'age')).toEqual([])
  })
})
