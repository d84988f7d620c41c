/** Plain SSE over real HTTP: `new EventSource(url)` and nothing else. PROTOCOL.md 3.4. */
import { describe, expect, it } from 'vitest'
import { memory } from '../../src/index.js'
import { ask } from '../support/clients/request.js'
import { stream } from '../support/clients/sse.js'
import { serveHub } from '../support/hub-server.js'
import { closing } from '../support/transport.js'

const text = { rules: { notes: { contentType: 'text/plain' } } }

/** What a browser sends when it reconnects. */
const resuming = (id: string) => ({ headers: { 'Last-Event-ID': id } })

describe('plain SSE', () => {
  it('sends what comes from now on, each message one unnamed event with its offset as id', async () => {
    const { hub, url } = await serveHub()
    await hub.publish('news', 'before')
    const reader = await stream(url('news'))
    const { offset } = await hub.publish('news', { title: 'Hello' })
    expect(await reader.next()).toEqual({ event: 'message', data: '{"title":"Hello"}', id: offset })
  })

  it('begins where `offset` says', async () => {
    const { hub, url } = await serveHub()
    const { offset } = await hub.publish('news', 1)
    await hub.publishBatch('news', [{ data: 2 }, { data: 3 }])
    const data = async (asked: string, count: number) => (await stream(url(`news?offset=${asked}`))).data(count)
    expect(await data('-1', 3)).toEqual(['1', '2', '3'])
    expect(await data('0000000000000000_0000000000000000', 3)).toEqual(['1', '2', '3'])
    expect(await data(offset, 2)).toEqual(['2', '3'])
    expect(await data('last-1', 1)).toEqual(['3'])
  })

  it('answers as an event stream that no cache or proxy holds up', async () => {
    const { url } = await serveHub()
    const { status, headers } = await stream(url('news'))
    expect(status).toBe(200)
    expect(headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-store, no-transform',
      'x-accel-buffering': 'no',
      ...closing(),
      vary: 'Accept',
    })
    expect(headers).not.toHaveProperty('transfer-encoding')
    expect(headers).not.toHaveProperty('content-disposition')
  })

  it('opens with retry and the position, so that a reader who saw nothing resumes too', async () => {
    const { hub, url } = await serveHub()
    const { offset } = await hub.publish('news', 'before')
    const reader = await stream(url('news'))
    await reader.until((text) => text.includes('\n\n'))
    expect(reader.text).toBe(`retry: ${reader.retryMs}\nevent: position\nid: ${offset}\ndata:\n\n`)
    reader.close()
    await hub.publish('news', 'meanwhile')
    expect(await (await stream(url('news'), resuming(reader.lastEventId))).data(1)).toEqual(['"meanwhile"'])
  })

  it('promise 2: resumes after the last event, which wins over `offset`', async () => {
    const { hub, url } = await serveHub()
    for (const n of [1, 2, 3]) await hub.publish('news', n)
    const first = await stream(url('news?offset=-1'))
    await first.data(2)
    const id = /id: (\S+)\n\n$/.exec(first.text.split('data: 3')[0]!)![1]!
    expect(await (await stream(url('news?offset=-1'), resuming(id))).data(1)).toEqual(['3'])
  })

  it('names the event that a message has', async () => {
    const { hub, url } = await serveHub()
    const reader = await stream(url('news'))
    await hub.publish('news', 1, { event: 'größe' })
    expect(await reader.next()).toMatchObject({ event: 'größe', data: '1' })
  })

  it('gives each line a field: leading spaces stay, CR and CRLF arrive as LF', async () => {
    const { hub, url } = await serveHub(text)
    const reader = await stream(url('notes'))
    await hub.publish('notes', ' a\r\n  b\rc\n\nid: 7\n')
    expect((await reader.next()).data).toBe(' a\n  b\nc\n\nid: 7\n')
  })

  it('spells bytes that are not UTF-8 as U+FFFD', async () => {
    const { hub, url } = await serveHub(text)
    const reader = await stream(url('notes'))
    await hub.publish('notes', Uint8Array.of(0x61, 0xff, 0x62))
    expect((await reader.next()).data).toBe('a\ufffdb')
  })

  it('tells of a tombstone with the key as a JSON string', async () => {
    const { hub, url } = await serveHub({ rules: { stock: { keys: true } } })
    const reader = await stream(url('stock'))
    await hub.publishBatch('stock', [{ key: 'a"b' }])
    expect(await reader.next()).toMatchObject({ event: 'delete', data: '"a\\"b"' })
  })

  it('sends a comment in silence', async () => {
    const { url } = await serveHub({ limits: { heartbeatMs: 100 } })
    const reader = await stream(url('news'))
    await reader.until((text) => /^:/m.test(text))
  })

  it('reads a snapshot, then what comes', async () => {
    const { hub, url } = await serveHub({ rules: { stock: { keys: true } } })
    for (const [key, data] of Object.entries({ a: 1, b: 2 })) await hub.publish('stock', data, { key })
    await hub.publish('stock', 3, { key: 'a' })
    const reader = await stream(url('stock?offset=snapshot'))
    expect(await reader.data(2)).toEqual(['2', '3'])
    await hub.publish('stock', 4, { key: 'b' })
    expect(await reader.data(1)).toEqual(['4'])
  })

  it('announces what conflation left out', async () => {
    const { hub, url } = await serveHub()
    for (const n of [1, 2, 3]) await hub.publish('news', n, { key: 'k' })
    const reader = await stream(url('news?offset=-1&slow=conflate'))
    expect(JSON.parse((await reader.next('gap')).data)).toMatchObject({ reason: 'conflated', missed: 2 })
    expect((await reader.next()).data).toBe('3')
  })
})

describe('a gap in plain SSE', () => {
  it('promise 3: says trimmed, from, to and how many, and goes on', async () => {
    const { hub, url } = await serveHub({ rules: { news: { retain: { messages: 2 } } } })
    const { offset: from } = await hub.publish('news', 0)
    const { offset: to } = await hub.publish('news', 1)
    for (const n of [2, 3]) await hub.publish('news', n)
    const reader = await stream(url('news'), resuming(from))
    const gap = await reader.next()
    expect(gap).toMatchObject({ event: 'gap', id: to })
    expect(JSON.parse(gap.data)).toEqual({ reason: 'trimmed', from, to, missed: 1 })
    expect(await reader.data(2)).toEqual(['2', '3'])
  })

  it('says reset after delete and recreate, and for an id that is none of ours', async () => {
    const { hub, url } = await serveHub()
    const { offset } = await hub.publish('news', 1)
    await ask(url('news'), { method: 'DELETE' })
    await hub.publish('news', 2)
    for (const id of [offset, 'alien', '42', '9999999999999999_0000000000000001']) {
      const reader = await stream(url('news'), resuming(id))
      expect(JSON.parse((await reader.next('gap')).data)).toMatchObject({ reason: 'reset', from: id })
      expect(await reader.data(1)).toEqual(['2'])
    }
  })

  it('tells a live reader whose channel is deleted', async () => {
    const { hub, url } = await serveHub()
    await hub.publish('news', 1)
    const reader = await stream(url('news?offset=-1'))
    await reader.next()
    await ask(url('news'), { method: 'DELETE' })
    expect(JSON.parse((await reader.next('gap')).data)).toMatchObject({ reason: 'reset' })
    await hub.publish('news', 2)
    expect(await reader.data(1)).toEqual(['2'])
  })

  it('is how a former memory store shows: positions of it answer reset', async () => {
    const before = await serveHub()
    const { offset } = await before.hub.publish('news', 1)
    // Started in the same millisecond, the two could draw the same position.
    const after = await serveHub({ store: memory({ now: () => Date.now() + 10 }) })
    await after.hub.publish('news', 2)
    const reader = await stream(after.url('news'), resuming(offset))
    expect(JSON.parse((await reader.next()).data)).toMatchObject({ reason: 'reset', from: offset })
    expect(await reader.data(1)).toEqual(['2'])
  })
})

describe('Last-Event-ID', () => {
  it.each(['lastEventId', 'Last-Event-ID'])(
    'promise 2: may be the parameter %s, for who cannot set a header',
    async (name) => {
      const { hub, url } = await serveHub()
      const { offset } = await hub.publish('news', 1)
      await hub.publish('news', 2)
      const at = `${name}=${offset}`
      expect(await (await stream(url(`news?${at}`))).data(1)).toEqual(['2'])
      expect(JSON.parse((await (await stream(url(`?channel=news&${at}`))).next()).data)).toMatchObject({ data: 2 })
      expect((await (await stream(url(`news?live=sse&offset=-1&${at}`))).next('data')).data).toBe('[2]')
    },
  )

  it('is the header where both came: the URL of a browser that comes back is the old one', async () => {
    const { hub, url } = await serveHub()
    const { offset: first } = await hub.publish('news', 1)
    const { offset } = await hub.publish('news', 2)
    await hub.publish('news', 3)
    expect(await (await stream(url(`news?lastEventId=${first}`), resuming(offset))).data(1)).toEqual(['3'])
  })

  it('in the URL is answered 200 too where a reconnect has to wait', async () => {
    const { hub, url } = await serveHub()
    const { offset } = await hub.publish('news', 1)
    await hub.close({ graceMs: 0 })
    expect((await stream(url(`news?lastEventId=${offset}`))).status).toBe(200)
  })

  it('of another server is told again in a gap as far as 64 characters', async () => {
    const { url } = await serveHub()
    for (const below of ['news?offset=now', '?channel=news']) {
      const reader = await stream(url(below), resuming('x'.repeat(15_000)))
      expect(JSON.parse((await reader.next('gap')).data)).toMatchObject({ reason: 'reset', from: 'x'.repeat(64) })
    }
  })

  it('promise 3: stays with a reader until it has been told of its gap', async () => {
    const { hub, url } = await serveHub({ rules: { news: { retain: { messages: 1 } } } })
    const { offset } = await hub.publish('news', 1)
    for (const n of [2, 3]) await hub.publish('news', n)
    for (const below of ['news', '?channel=news']) {
      const reader = await stream(url(below), resuming(offset))
      await reader.next('gap')
      const [opening] = reader.text.split('event: gap')
      expect(opening).toBe(`retry: ${reader.retryMs}\nevent: position\ndata:\n\n`)
    }
  })
})

describe('limits.streamMs', () => {
  it.each(['news', '?channel=news'])('ends a plain event stream in good order, to be resumed (%s)', async (below) => {
    const { hub, url } = await serveHub({ limits: { streamMs: 600 } })
    const reader = await stream(url(below))
    await hub.publish('news', 1)
    await reader.ended
    await hub.publish('news', 2)
    const again = await stream(url(below), resuming(reader.lastEventId))
    expect((await again.next()).data).toMatch(/^2$|"data":2}$/)
  })
})

describe('the end of a plain SSE reading', () => {
  it('comes with the end of a closed channel; the reconnect answers 204, which stops a browser', async () => {
    const { hub, url } = await serveHub()
    const reader = await stream(url('news'))
    await hub.publish('news', 'last', { close: true })
    await reader.next()
    await reader.ended
    const { status, text, headers } = await ask(url('news'), {
      headers: { Accept: 'text/event-stream', 'Last-Event-ID': reader.lastEventId },
    })
    expect([status, text, headers['cache-control']]).toEqual([204, '', 'no-store'])
  })

  it('comes only after what is missing: a reconnect before the end of a closed channel reads on', async () => {
    const { hub, url } = await serveHub()
    const { offset } = await hub.publish('news', 1)
    await hub.publish('news', 2, { close: true })
    const reader = await stream(url('news'), resuming(offset))
    expect(await reader.data(1)).toEqual(['2'])
    await reader.ended
  })

  it('is a 406 for a binary channel', async () => {
    const { url } = await serveHub({ rules: { film: { contentType: 'video/mp4' } } })
    const { status, code } = await ask(url('film'), { headers: { Accept: 'text/event-stream' } })
    expect([status, code]).toEqual([406, 'not-acceptable'])
  })

  it('is a 404 for an unknown channel where only PUT creates', async () => {
    const { url } = await serveHub({ create: 'explicit' })
    expect((await stream(url('news'))).status).toBe(404)
  })
})
