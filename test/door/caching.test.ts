/** What caches may keep, row by row of PROTOCOL.md 6, and the headers that every answer carries. */
import { describe, expect, it } from 'vitest'
import { type Answer, ask, post } from '../support/clients/request.js'
import { stream } from '../support/clients/sse.js'
import { type HubServer, serveHub } from '../support/hub-server.js'

const shared = { rules: { n: { cache: 'public' as const } } }
const immutable = 'max-age=60, stale-while-revalidate=300'

/** Three messages and their offsets; pages hold two. */
async function three(
  options: Parameters<typeof serveHub>[0] = {},
  pollMs = 50,
): Promise<HubServer & { offsets: string[] }> {
  const server = await serveHub({ ...options, limits: { pageMessages: 1, pollMs } })
  const offsets: string[] = []
  for (const n of [1, 2, 3]) offsets.push((await server.hub.publish('n', n)).offset)
  return { ...server, offsets }
}

const cacheControl = async (asked: Answer | Promise<Answer>) => (await asked).headers['cache-control']

describe('a page below the head, asked for by an offset', () => {
  it('is private by default', async () => {
    const { url, offsets } = await three()
    expect(await cacheControl(ask(url(`n?offset=${offsets[0]}`)))).toBe(`private, ${immutable}`)
  })

  it('is public by rule', async () => {
    const { url, offsets } = await three(shared)
    expect(await cacheControl(ask(url(`n?offset=${offsets[0]}`)))).toBe(`public, ${immutable}`)
  })

  it('is private all the same for who shows a credential, and is asked for again, since that may be revoked', async () => {
    const { url, offsets } = await three({ ...shared, authenticate: () => ({ id: 'anyone' }) })
    const headers = { Authorization: 'Bearer x' }
    expect(await cacheControl(ask(url(`n?offset=${offsets[0]}`), { headers }))).toBe('private, no-cache')
    expect(await cacheControl(ask(url(`n?offset=${offsets[0]}`)))).toBe(`public, ${immutable}`)
  })

  it('never changes, though messages come and are trimmed', async () => {
    const { hub, url, offsets } = await three()
    const before = await ask(url(`n?offset=${offsets[0]}`))
    await hub.publish('n', 4)
    const after = await ask(url(`n?offset=${offsets[0]}`))
    expect([after.text, after.headers.etag]).toEqual([before.text, before.headers.etag])
  })

  it('is not kept if the offset lies between two minted ones', async () => {
    const { hub, url } = await three()
    const { offset } = await hub.publishBatch('n', [{ data: 4 }, { data: 5 }, { data: 6 }])
    const between = offset.replace(/\d$/, (digit) => String(Number(digit) - 2))
    expect((await ask(url(`n?offset=${between}`))).json()).toEqual([5])
  })
})

describe('a page that may change', () => {
  it('is asked for again each time: at the head, -1, last-N, snapshot', async () => {
    const { url, offsets } = await three(shared)
    for (const offset of [offsets[1], offsets[2], '-1', 'last-2', 'snapshot', '0000000000000000_0000000000000000']) {
      const { headers } = await ask(url(`n?offset=${offset}`))
      expect([offset, headers['cache-control'], headers.etag]).toEqual([offset, 'no-cache', expect.any(String)])
    }
    expect(await cacheControl(ask(url('n')))).toMatch(/^no-cache/)
  })

  it('answers 304 without body to its ETag, until something has come', async () => {
    const { hub, url, offsets } = await three()
    const { headers } = await ask(url(`n?offset=${offsets[1]}`))
    const again = () => ask(url(`n?offset=${offsets[1]}`), { headers: { 'If-None-Match': headers.etag! } })
    const unchanged = await again()
    expect([unchanged.status, unchanged.text, unchanged.headers.etag]).toEqual([304, '', headers.etag])
    expect(unchanged.headers).toMatchObject({
      'cache-control': 'no-cache',
      vary: 'Accept',
      'stream-next-offset': offsets[2],
      'stream-up-to-date': 'true',
    })
    await hub.publish('n', 4)
    expect((await again()).status).toBe(200)
  })

  it('answers 304 to one ETag of several, weak or strong, and to *', async () => {
    const { url } = await three()
    const { headers } = await ask(url('n?offset=-1'))
    for (const tag of [`"a", ${headers.etag}`, `W/${headers.etag}`, '*'])
      expect((await ask(url('n?offset=-1'), { headers: { 'If-None-Match': tag } })).status).toBe(304)
  })

  it('gets another ETag when the channel is closed', async () => {
    const { hub, url } = await three()
    const last = async () => (await ask(url('n?offset=last-1'))).headers.etag
    const open = await last()
    await hub.publishBatch('n', [], { close: true })
    expect(await last()).not.toBe(open)
  })

  it('of a snapshot has an ETag of its own', async () => {
    const { hub, url } = await serveHub({ rules: { s: { keys: true } }, limits: { pageBytes: 200 } })
    const snapshot = (etag = '') => ask(url('s?offset=snapshot'), { headers: { 'If-None-Match': etag } })
    await hub.publish('s', 'a1', { key: 'a' })
    await hub.publish('s', 'b1', { key: 'b' })
    await hub.publish('s', 'c'.repeat(200), { key: 'c' })
    const first = await snapshot()
    expect(first.json()).toEqual(['a1', 'b1'])
    expect((await ask(url('s?offset=-1'))).headers.etag).not.toBe(first.headers.etag)
    await hub.publish('s', 'a2', { key: 'a' })
    expect((await snapshot(first.headers.etag)).json()).toEqual(['b1'])
  })
})

describe('a durable long poll', () => {
  it('that brings messages may be kept, as pages are', async () => {
    const { url, offsets } = await three(shared)
    expect(await cacheControl(ask(url(`n?live=long-poll&offset=${offsets[0]}`)))).toBe(`public, ${immutable}`)
    const own = await three()
    expect(await cacheControl(ask(own.url(`n?live=long-poll&offset=${own.offsets[2]}`)))).toBe('no-store')
  })

  it('is kept by nobody if it asked for no place in the log: the next who asks for `now` waits for what comes then', async () => {
    const { hub, url } = await serveHub(shared)
    const waiting = ask(url('n?live=long-poll&offset=now'))
    await expect.poll(() => hub.stats().connections).toBe(1)
    await hub.publish('n', 1)
    expect(await cacheControl(waiting)).toBe('no-store')
    for (const offset of ['-1', 'last-1', 'snapshot'])
      expect(await cacheControl(ask(url(`n?live=long-poll&offset=${offset}`)))).toBe('no-store')
  })

  it('that brings nothing is kept by nobody, or, by rule, for a second by caches that are shared', async () => {
    const empty = async ({ url, offsets }: Awaited<ReturnType<typeof three>>, offset = offsets[2]) => {
      const { status, headers } = await ask(url(`n?live=long-poll&offset=${offset}`))
      return [status, headers['cache-control']]
    }
    expect(await empty(await three())).toEqual([204, 'no-store'])
    const open = await three(shared)
    expect(await empty(open)).toEqual([204, 'public, max-age=0, s-maxage=1, stale-while-revalidate=0'])
    expect(await empty(open, 'now')).toEqual([204, 'no-store'])
  })

  it('of a credential is kept by nobody when it brings nothing', async () => {
    const { url, offsets } = await three({ ...shared, authenticate: () => ({ id: 'anyone' }) })
    const headers = { Authorization: 'Bearer x' }
    expect(await cacheControl(ask(url(`n?live=long-poll&offset=${offsets[2]}`), { headers }))).toBe('no-store')
  })

  it('at the end of a closed channel stays so', async () => {
    const { hub, url } = await three(shared)
    const { offset } = await hub.publishBatch('n', [{ data: 4 }], { close: true })
    expect(await cacheControl(ask(url(`n?live=long-poll&offset=${offset}`)))).toBe(`public, ${immutable}`)
  })

  it('sends all who wait for the same on with one cursor, however they came', async () => {
    const { hub, url, offsets } = await three(shared)
    const next = async (cursor: string) =>
      (await ask(url(`n?live=long-poll&offset=${offsets[2]}${cursor}`))).headers['stream-cursor']
    await hub.publish('n', 4)
    const cursors = [await next(''), await next('&cursor=7'), await next(`&cursor=${offsets[1]!.slice(0, 16)}`)]
    expect(new Set(cursors).size).toBe(1)
  })
})

describe('what nobody keeps', () => {
  it('is the head, what publishes, creates and deletes, a plain poll, an error', async () => {
    const { hub, url } = await three(shared, 3_000)
    const poll = ask(url('n?live=poll'))
    await expect.poll(() => hub.stats().connections).toBe(1)
    const answers = [
      await ask(url('n?offset=now')),
      await ask(url('n'), { method: 'HEAD' }),
      await post(url('n'), 4),
      await poll,
      await ask(url('n?live=poll')),
      await post(url(), { publish: [{ channel: 'n', data: 1 }] }),
      await ask(url('other'), { method: 'PUT' }),
      await ask(url('n'), { method: 'DELETE' }),
      await ask(url('n?offset=nonsense')),
      await ask(url('n'), { method: 'PATCH' }),
      await ask(url('n'), { method: 'OPTIONS' }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 204, 200, 204, 200, 201, 204, 400, 405, 204])
    for (const answer of answers) expect(await cacheControl(answer)).toBe('no-store')
  })

  it('is every event stream', async () => {
    const { url } = await three(shared)
    const streams = [
      await stream(url('n')),
      await stream(url('n?live=sse&offset=-1')),
      await stream(url('?channel=n')),
      await stream(url(), { method: 'POST', body: '{"subscribe":[{"channel":"n"}]}' }),
    ]
    for (const { headers } of streams)
      expect(headers).toMatchObject({
        'content-type': 'text/event-stream',
        'cache-control': 'no-cache, no-store, no-transform',
        'x-accel-buffering': 'no',
        connection: 'close',
      })
  })
})

describe('Vary', () => {
  it('names Accept where `live` is absent', async () => {
    const { url, offsets } = await three()
    const vary = async (below: string) => (await ask(url(below))).headers.vary
    expect(await vary('n')).toBe('Accept')
    expect(await vary('n?offset=now')).toBe('Accept')
    expect((await stream(url('n'))).headers.vary).toBe('Accept')
    expect(await vary(`n?live=long-poll&offset=${offsets[0]}`)).toBeUndefined()
  })

  it('names Origin wherever origins are listed, whoever asks', async () => {
    const { url } = await three({ origins: ['https://app.example'] })
    const vary = async (origin: string) => (await ask(url('n'), { headers: { Origin: origin } })).headers.vary
    expect(await vary('https://app.example')).toMatch(/^Accept, Origin$/)
    expect(await vary('https://evil.example')).toMatch(/^Accept, Origin$/)
  })
})
