/** GET, HEAD, PUT, POST and DELETE on a channel's URL, where the Durable Streams suite does not look. PROTOCOL.md 3.1 and 3.2. */
import { describe, expect, it } from 'vitest'
import { memory } from '../../src/index.js'
import { type Answer, ask, post, postText } from '../support/clients/request.js'
import { deferred } from '../support/core/deferred.js'
import { type HubServer, serveHub } from '../support/hub-server.js'

const next = (answer: Answer) => String(answer.headers['stream-next-offset'])

/** A channel of `count` JSON numbers. */
async function numbered(count: number, options: Parameters<typeof serveHub>[0] = {}): Promise<HubServer> {
  const server = await serveHub(options)
  for (let n = 1; n <= count; n++) await server.hub.publish('n', n)
  return server
}

describe('a page', () => {
  it('ends at the limits below the head, and pages follow one another without loss', async () => {
    const { url } = await numbered(10, { limits: { pageMessages: 4 } })
    const pages: number[][] = []
    let page = await ask(url('n'))
    pages.push(page.json())
    while (page.headers['stream-up-to-date'] === undefined) {
      page = await ask(url(`n?offset=${next(page)}`))
      pages.push(page.json())
    }
    expect(pages).toEqual([
      [1, 2, 3, 4],
      [5, 6, 7, 8],
      [9, 10],
    ])
  })

  it('holds at most 256 KiB, or one message that is larger', async () => {
    const { hub, url } = await serveHub({ rules: { log: { contentType: 'text/plain' } } })
    await hub.publish('log', 'x'.repeat(400_000))
    for (let i = 0; i < 4; i++) await hub.publish('log', 'y'.repeat(100_000))
    const first = await ask(url('log'))
    const second = await ask(url(`log?offset=${next(first)}`))
    const third = await ask(url(`log?offset=${next(second)}`))
    expect([first, second, third].map(({ bytes }) => bytes.length)).toEqual([400_000, 200_000, 200_000])
    expect([first, second, third].map(({ headers }) => headers['stream-up-to-date'])).toEqual([
      undefined,
      undefined,
      'true',
    ])
  })

  it('begins at the newest N', async () => {
    const { url } = await numbered(5)
    expect((await ask(url('n?offset=last-2'))).json()).toEqual([4, 5])
    expect((await ask(url('n?offset=last-99'))).json()).toEqual([1, 2, 3, 4, 5])
  })

  it('begins between two minted offsets, as tail + 1 asks for', async () => {
    const { hub, url } = await numbered(1)
    const { offset } = await hub.publishBatch('n', [{ data: 2 }, { data: 3 }, { data: 4 }])
    const [when, number] = offset.split('_')
    const at = (step: number) => `${when}_${String(Number(number) + step).padStart(16, '0')}`
    expect((await ask(url(`n?offset=${at(-1)}`))).json()).toEqual([4])
    const beyond = await ask(url(`n?offset=${at(1)}`))
    expect([beyond.text, next(beyond)]).toEqual(['[]', offset])
  })

  it('of `now` holds nothing but the tail', async () => {
    const { hub, url } = await numbered(2)
    const { offset } = await hub.publish('n', 3)
    const page = await ask(url('n?offset=now'))
    expect([page.status, page.text, next(page)]).toEqual([200, '[]', offset])
  })

  it('of an unwritten name is an empty log whose position is a birth, and stores nothing', async () => {
    const { hub, url } = await serveHub()
    const page = await ask(url('quiet'))
    expect([page.status, page.text]).toEqual([200, '[]'])
    expect(next(page)).toMatch(/^\d{16}_0{16}$/)
    expect(next(page)).not.toMatch(/^0{16}/)
    await hub.publish('quiet', 1)
    expect((await ask(url(`quiet?offset=${next(page)}`))).json()).toEqual([1])
  })

  it('of bytes joins the messages, and keeps them to the byte', async () => {
    const { url } = await serveHub({ rules: { film: { contentType: 'application/octet-stream' } } })
    const type = { 'Content-Type': 'application/octet-stream' }
    await postText(url('film'), Uint8Array.of(0, 255, 10), type)
    await postText(url('film'), Uint8Array.of(13, 10), type)
    expect([...(await ask(url('film'))).bytes]).toEqual([0, 255, 10, 13, 10])
  })

  it('of JSON keeps the bytes that came', async () => {
    const { url } = await serveHub()
    const type = { 'Content-Type': 'application/json' }
    await postText(url('n'), '[ {"a" : 1.0} , 12345678901234567890 ]', type)
    expect((await ask(url('n'))).text).toBe('[{"a" : 1.0},12345678901234567890]')
  })

  it('leaves tombstones out', async () => {
    const { hub, url } = await serveHub({ rules: { s: { keys: true } } })
    await hub.publish('s', 1, { key: 'a' })
    await hub.publishBatch('s', [{ key: 'a' }])
    await hub.publish('s', 2, { key: 'b' })
    expect((await ask(url('s'))).json()).toEqual([1, 2])
  })
})

describe('a gap over GET', () => {
  it('promise 3: answers 410 with the earliest position and the reason trimmed', async () => {
    const { hub, url } = await serveHub({ rules: { n: { retain: { messages: 2 } } } })
    const { offset: from } = await hub.publish('n', 1)
    const { offset: to } = await hub.publish('n', 2)
    for (const n of [3, 4]) await hub.publish('n', n)
    const page = await ask(url(`n?offset=${from}`))
    expect([page.status, next(page)]).toEqual([410, to])
    expect(page.json()).toMatchObject({ error: { code: 'gap', reason: 'trimmed', offset: to } })
    expect((await ask(url(`n?offset=${to}`))).json()).toEqual([3, 4])
  })

  it('answers reset for a position of another log: deleted, beyond the head, or of a former memory store', async () => {
    const store = memory()
    const { hub, url } = await serveHub({ store })
    const { offset: deleted } = await hub.publish('n', 1)
    await ask(url('n'), { method: 'DELETE' })
    const { offset: head } = await hub.publish('n', 2)
    const former = (await (await serveHub({ store: memory({ now: () => Date.now() - 10 }) })).hub.publish('n', 1))
      .offset
    for (const offset of [deleted, former, head.replace(/^./, '9')]) {
      const page = await ask(url(`n?offset=${offset}`))
      expect([page.status, page.json<{ error: object }>().error]).toEqual([
        410,
        expect.objectContaining({ code: 'gap', reason: 'reset' }),
      ])
      expect((await ask(url(`n?offset=${next(page)}`))).json()).toEqual([2])
    }
  })

  it('answers a durable long poll and SSE the same', async () => {
    const { hub, url } = await serveHub()
    await hub.publish('n', 1)
    for (const live of ['long-poll', 'sse']) {
      const { status, headers } = await ask(url(`n?live=${live}&offset=1111111111111111_0000000000000001`))
      expect([status, headers['stream-next-offset']]).toEqual([410, expect.stringMatching(/^\d{16}_\d{16}$/)])
    }
  })
})

describe('a snapshot over GET', () => {
  const stock = { rules: { stock: { keys: true, retain: { messages: 3 } } } }

  it('holds the newest message of each key in log order, beyond retention, without removed keys', async () => {
    const { hub, url } = await serveHub(stock)
    for (const [key, data] of ['a0', 'b1', 'c2', 'a3', 'd4', 'e5'].map((one) => [one[0]!, one] as const))
      await hub.publish('stock', data, { key })
    await hub.publishBatch('stock', [{ key: 'd' }])
    const page = await ask(url('stock?offset=snapshot'))
    expect(page.json()).toEqual(['b1', 'c2', 'a3', 'e5'])
    expect(page.headers).not.toHaveProperty('stream-snapshot')
    await hub.publish('stock', 'f6', { key: 'f' })
    expect((await ask(url(`stock?offset=${next(page)}`))).json()).toEqual(['f6'])
  })

  it('comes in pages: until= keeps to the same snapshot, and its end is a position to go on from', async () => {
    const { hub, url } = await serveHub({ ...stock, limits: { pageMessages: 2 } })
    for (const key of ['a', 'b', 'c', 'd', 'e']) await hub.publish('stock', `${key}1`, { key })
    let page = await ask(url('stock?offset=snapshot'))
    const got = page.json<string[]>()
    const until = page.headers['stream-snapshot-until']
    expect(page.headers['stream-snapshot']).toBe('partial')
    await hub.publish('stock', 'e2', { key: 'e' })
    await hub.publish('stock', 'f2', { key: 'f' })
    while (page.headers['stream-snapshot'] === 'partial') {
      page = await ask(url(`stock?offset=${next(page)}&until=${until}`))
      got.push(...page.json<string[]>())
    }
    expect(next(page)).toBe(until)
    got.push(...(await ask(url(`stock?offset=${next(page)}`))).json<string[]>())
    expect(got).toEqual(['a1', 'b1', 'c1', 'd1', 'e1', 'e2', 'f2'])
  })

  it('is the start of a channel without keys', async () => {
    const { url } = await numbered(2)
    expect((await ask(url('n?offset=snapshot'))).json()).toEqual([1, 2])
  })

  it('refuses an `until` that is no offset', async () => {
    const { url } = await numbered(1)
    expect((await ask(url('n?offset=snapshot&until=soon'))).status).toBe(400)
  })
})

describe('POST', () => {
  it('answers 204 with the position after what was stored', async () => {
    const { url } = await serveHub()
    const posted = await post(url('n'), [1, 2])
    expect([posted.status, posted.text, posted.headers['cache-control']]).toEqual([204, '', 'no-store'])
    expect(next(await ask(url('n')))).toBe(next(posted))
  })

  it('flattens a JSON array by one level', async () => {
    const { url } = await serveHub()
    await post(url('n'), [[1, 2], 3])
    expect((await ask(url('n'))).json()).toEqual([[1, 2], 3])
  })

  it("takes what `curl -d` sends as the channel's own type", async () => {
    const { url } = await serveHub()
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
    expect((await postText(url('n'), '{"a":1}', form)).status).toBe(204)
    expect((await ask(url('n'))).json()).toEqual([{ a: 1 }])
  })

  it('takes no form where only PUT creates', async () => {
    const { url } = await serveHub({ create: 'explicit' })
    await ask(url('n'), { method: 'PUT', headers: { 'Content-Type': 'application/json' } })
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
    expect((await postText(url('n'), '1', form)).status).toBe(409)
  })

  it('stores Message-Event and Message-Key with every message, percent-decoded', async () => {
    const { hub, url } = await serveHub()
    await post(url('n'), [1, 2], { 'Message-Key': 'caf%C3%A9', 'Message-Event': 'a%20b' })
    const got = []
    for await (const one of hub.subscribe('n', { from: 'start' })) if (got.push(one) === 2) break
    expect(got).toMatchObject([
      { data: 1, key: 'café', event: 'a b' },
      { data: 2, key: 'café', event: 'a b' },
    ])
  })

  it('stores a tombstone for an empty body with a key', async () => {
    const { hub, url } = await serveHub({ rules: { s: { keys: true } } })
    await hub.publish('s', 1, { key: 'a' })
    expect((await ask(url('s'), { method: 'POST', headers: { 'Message-Key': 'a' } })).status).toBe(204)
    expect((await ask(url('s?offset=snapshot'))).json()).toEqual([])
  })

  it('promise 4: stores all messages of a request or none', async () => {
    const { url } = await serveHub({ limits: { messageBytes: 8 } })
    const posted = await post(url('n'), ['short', 'far too long', 'short'])
    expect([posted.status, posted.code]).toEqual([413, 'too-large'])
    expect((await ask(url('n'))).json()).toEqual([])
  })
})

describe('a producer over POST', () => {
  const by = (epoch: number, seq: number, id = 'p') => ({
    'Producer-Id': id,
    'Producer-Epoch': String(epoch),
    'Producer-Seq': String(seq),
  })

  it('promise 4: stores a retry once: 200, then 204 with the same position', async () => {
    const { url } = await serveHub()
    const [first, again] = [await post(url('n'), 1, by(0, 0)), await post(url('n'), 1, by(0, 0))]
    expect([first.status, again.status]).toEqual([200, 204])
    expect(next(again)).toBe(next(first))
    expect(again.headers).toMatchObject({ 'producer-epoch': '0', 'producer-seq': '0' })
    expect((await ask(url('n'))).json()).toEqual([1])
  })

  it('is told what is missing before a number that is too high', async () => {
    const { url } = await serveHub()
    await post(url('n'), 1, by(0, 0))
    const ahead = await post(url('n'), 3, by(0, 2))
    expect([ahead.status, ahead.code]).toEqual([409, 'sequence-gap'])
    expect(ahead.headers).toMatchObject({ 'producer-expected-seq': '1', 'producer-received-seq': '2' })
  })

  it('is fenced by a newer epoch', async () => {
    const { url } = await serveHub()
    await post(url('n'), 1, by(1, 0))
    const old = await post(url('n'), 2, by(0, 0))
    expect([old.status, old.code, old.headers['producer-epoch']]).toEqual([403, 'fenced', '1'])
  })

  it('is bound to its principal: nobody else can fence it', async () => {
    const authenticate = (credential?: { token: string }) => ({ id: credential?.token ?? 'nobody' })
    const { url } = await serveHub({ authenticate })
    const as = (token: string) => ({ Authorization: `Bearer ${token}` })
    await post(url('n'), 1, { ...by(0, 0), ...as('ann') })
    await post(url('n'), 2, { ...by(7, 0), ...as('bob') })
    expect((await post(url('n'), 3, { ...by(0, 1), ...as('ann') })).status).toBe(200)
  })

  it('promise 4: is heard one request at a time, in order', async () => {
    const [entered, opened] = [deferred(), deferred()]
    const heard: unknown[] = []
    const { url } = await serveHub({
      rules: {
        n: {
          async receive(message) {
            heard.push(message.data)
            if (message.data === 0) entered.resolve()
            await opened.promise
            heard.push(`${message.data} done`)
          },
        },
      },
    })
    const first = post(url('n'), 0, by(0, 0))
    await entered.promise
    const second = post(url('n'), 1, by(0, 1))
    await post(url('n'), 'of another', { ...by(0, 1, 'q') })
    opened.resolve()
    expect([(await first).status, (await second).status]).toEqual([200, 200])
    expect(heard).toEqual([0, '0 done', 1, '1 done'])
  })
})

describe('closed, and other conflicts', () => {
  it('answers 409 with Stream-Closed to an append after the end', async () => {
    const { hub, url } = await serveHub()
    const { offset } = await hub.publish('n', 1, { close: true })
    const late = await post(url('n'), 2)
    expect([late.status, late.code, next(late)]).toEqual([409, 'closed', offset])
    expect(late.headers['stream-closed']).toBe('true')
    expect((await ask(url('n'))).headers['stream-closed']).toBe('true')
  })

  it('answers 409 for another content type, and for a Stream-Seq that goes back', async () => {
    const { url } = await serveHub()
    await post(url('n'), 1, { 'Stream-Seq': 'b' })
    expect((await postText(url('n'), 'text')).code).toBe('conflict')
    const back = await post(url('n'), 2, { 'Stream-Seq': 'a' })
    // Clients of Durable Streams look for these words.
    expect([back.code, back.text]).toEqual(['conflict', expect.stringContaining('sequence conflict')])
  })

  it('judges a producer before the end of the channel, and that before the content type', async () => {
    const { hub, url } = await serveHub()
    const by = { 'Producer-Id': 'p', 'Producer-Epoch': '0', 'Producer-Seq': '0' }
    await post(url('n'), 1, by)
    await hub.publishBatch('n', [], { close: true })
    expect((await post(url('n'), 1, by)).status).toBe(204)
    expect((await postText(url('n'), 'text')).code).toBe('closed')
    expect((await post(url('n'), 1, { ...by, 'Producer-Seq': '9' })).code).toBe('sequence-gap')
  })
})

describe('creating', () => {
  it('where only PUT creates, answers 404 to everything else', async () => {
    const { url } = await serveHub({ create: 'explicit' })
    const statuses = await Promise.all([
      ask(url('n')),
      ask(url('n'), { method: 'HEAD' }),
      ask(url('n'), { method: 'DELETE' }),
      post(url('n'), 1),
      ask(url('n?live=poll')),
      ask(url('n?live=sse&offset=-1')),
      ask(url('n?live=long-poll&offset=-1')),
    ])
    expect(statuses.map(({ status }) => status)).toEqual(statuses.map(() => 404))
    const put = await ask(url('n'), { method: 'PUT', headers: { 'Content-Type': 'application/json' } })
    expect([put.status, put.headers.location]).toEqual([201, url('n')])
    expect((await post(url('n'), 1)).status).toBe(204)
  })

  it('answers 200 to the same PUT again, 409 to another', async () => {
    const { url } = await serveHub()
    const put = (type: string) => ask(url('n'), { method: 'PUT', headers: { 'Content-Type': type } })
    expect([(await put('text/plain')).status, (await put('text/plain')).status]).toEqual([201, 200])
    expect((await put('application/json')).status).toBe(409)
  })
})

describe('TTL', () => {
  const create = (url: string, headers: Record<string, string>) =>
    ask(url, { method: 'PUT', headers: { 'Content-Type': 'application/json', ...headers } })

  it('is told by PUT and HEAD', async () => {
    const { url } = await serveHub()
    expect((await create(url('n'), { 'Stream-TTL': '60' })).headers['stream-ttl']).toBe('60')
    expect((await ask(url('n'), { method: 'HEAD' })).headers['stream-ttl']).toBe('60')
  })

  it('is renewed by a GET but not by a HEAD', async () => {
    let now = Date.now()
    const { url } = await serveHub({ store: memory({ now: () => now }), create: 'explicit' })
    await create(url('n'), { 'Stream-TTL': '60' })
    now += 50_000
    await ask(url('n'), { method: 'HEAD' })
    now += 5_000
    expect((await ask(url('n'))).status).toBe(200)
    now += 50_000
    expect((await ask(url('n'), { method: 'HEAD' })).status).toBe(200)
    now += 11_000
    expect((await ask(url('n'))).status).toBe(404)
  })
})
