/** The durable long poll and SSE, where the Durable Streams suite does not look. PROTOCOL.md 3.3. */
import { describe, expect, it } from 'vitest'
import { ask } from '../support/clients/request.js'
import { type EventStream, type StreamEvent, stream } from '../support/clients/sse.js'
import { type HubServer, serveHub } from '../support/hub-server.js'

const text = { rules: { t: { contentType: 'text/plain' } } }

interface Control {
  readonly streamNextOffset: string
  readonly streamCursor?: string
  readonly upToDate?: boolean
  readonly streamClosed?: boolean
}

const control = async (reader: EventStream): Promise<Control> => JSON.parse((await reader.next('control')).data)

/** What a reader of text gets until its control event says that it is at the head, or that the end has come. */
async function textUntil(reader: EventStream, fits: (control: Control) => boolean): Promise<string> {
  let got = ''
  for (;;) {
    const event: StreamEvent = await reader.next()
    if (event.event === 'data') got += event.data
    else if (fits(JSON.parse(event.data))) return got
  }
}

async function waiting({ hub }: HubServer): Promise<void> {
  await expect.poll(() => hub.stats().subscriptions).toBeGreaterThan(0)
}

describe('a durable long poll', () => {
  it('answers at once with what is there', async () => {
    const { hub, url } = await serveHub()
    const { offset } = await hub.publish('n', 1)
    const { status, headers, text: body } = await ask(url('n?live=long-poll&offset=-1'))
    expect([status, body, headers['stream-next-offset'], headers['stream-up-to-date']]).toEqual([
      200,
      '[1]',
      offset,
      'true',
    ])
    expect(headers['stream-cursor']).toMatch(/^\d+$/)
  })

  it('waits for what comes', async () => {
    const server = await serveHub()
    const { offset: head } = await server.hub.publish('n', 1)
    const polling = ask(server.url(`n?live=long-poll&offset=${head}`))
    await waiting(server)
    const { offset } = await server.hub.publish('n', 2)
    const { text: body, headers } = await polling
    expect([body, headers['stream-next-offset']]).toEqual(['[2]', offset])
  })

  it('answers 204 when the time is up, with where it stands and a cursor', async () => {
    const { hub, url } = await serveHub({ limits: { pollMs: 50 } })
    const { offset } = await hub.publish('n', 1)
    const { status, headers, text: body } = await ask(url('n?live=long-poll&offset=now'))
    expect([status, body]).toEqual([204, ''])
    expect(headers).toMatchObject({
      'stream-next-offset': offset,
      'stream-up-to-date': 'true',
      'stream-cursor': expect.stringMatching(/^\d+$/),
    })
  })

  it('moves a cursor that comes back', async () => {
    const { hub, url } = await serveHub()
    await hub.publish('n', 1)
    const cursorAfter = async (cursor: string) =>
      Number((await ask(url(`n?live=long-poll&offset=-1&cursor=${cursor}`))).headers['stream-cursor'])
    const now = await cursorAfter('')
    expect(await cursorAfter(String(now))).toBeGreaterThan(now)
    expect(await cursorAfter(String(now + 50))).toBeGreaterThan(now + 50)
    expect(await cursorAfter('nonsense')).toBeLessThan(now + 3)
  })

  it('answers 204 at once at the end of a closed channel, without cursor', async () => {
    const { hub, url } = await serveHub()
    const { offset } = await hub.publish('n', 1, { close: true })
    const { status, headers } = await ask(url(`n?live=long-poll&offset=${offset}`))
    expect([status, headers['stream-closed'], headers['stream-next-offset']]).toEqual([204, 'true', offset])
    expect(headers).not.toHaveProperty('stream-cursor')
  })

  it('is told that the channel closed while it waited', async () => {
    const server = await serveHub()
    await server.hub.publish('n', 1)
    const polling = ask(server.url('n?live=long-poll&offset=now'))
    await waiting(server)
    await server.hub.publishBatch('n', [], { close: true })
    const { status, headers } = await polling
    expect([status, headers['stream-closed']]).toEqual([204, 'true'])
  })

  it('promise 3: answers 410 when the channel is deleted while it waits', async () => {
    const server = await serveHub()
    await server.hub.publish('n', 1)
    const polling = ask(server.url('n?live=long-poll&offset=now'))
    await waiting(server)
    await ask(server.url('n'), { method: 'DELETE' })
    const { status, code, headers } = await polling
    expect([status, code]).toEqual([410, 'gap'])
    expect(headers['stream-next-offset']).toMatch(/^\d{16}_0{16}$/)
  })

  it('needs an offset', async () => {
    const { url } = await serveHub()
    for (const below of ['n?live=long-poll', 'n?live=sse', 'n?live=sse&offset=', 'n?live=sse&offset=1&offset=2'])
      expect((await ask(url(below))).status).toBe(400)
  })
})

describe('durable SSE', () => {
  it('sends data and control, each with the position as id', async () => {
    const { hub, url } = await serveHub()
    const { offset } = await hub.publish('n', { a: 1 })
    const reader = await stream(url('n?live=sse&offset=-1'))
    expect(await reader.next()).toMatchObject({ event: 'data', data: '[{"a":1}]' })
    expect(await control(reader)).toEqual({
      streamNextOffset: offset,
      streamCursor: expect.stringMatching(/^\d+$/),
      upToDate: true,
    })
    expect(reader.lastEventId).toBe(offset)
  })

  it('says at once where an empty channel stands', async () => {
    const { url } = await serveHub()
    const { streamNextOffset, upToDate } = await control(await stream(url('n?live=sse&offset=-1')))
    expect([streamNextOffset, upToDate]).toEqual([expect.stringMatching(/^\d{16}_0{16}$/), true])
  })

  it('resumes by the id that a browser sends back, which wins over `offset`', async () => {
    const { hub, url } = await serveHub()
    for (const n of [1, 2]) await hub.publish('n', n)
    const reader = await stream(url('n?live=sse&offset=-1'))
    await control(reader)
    await hub.publish('n', 3)
    reader.close()
    const resumed = await stream(url('n?live=sse&offset=-1'), { headers: { 'Last-Event-ID': reader.lastEventId } })
    expect((await resumed.next('data')).data).toBe('[3]')
  })

  it('spells bytes as base64, and says so', async () => {
    const { hub, url } = await serveHub({ rules: { b: { contentType: 'video/mp4' } } })
    await hub.publish('b', Uint8Array.of(0, 1, 2, 255))
    const reader = await stream(url('b?live=sse&offset=-1'))
    expect(reader.headers['stream-sse-data-encoding']).toBe('base64')
    expect((await reader.next('data')).data).toBe('AAEC/w==')
  })

  it('ends after its time, to be asked for again', async () => {
    const { url } = await serveHub({ limits: { durableSseMs: 100 } })
    const reader = await stream(url('n?live=sse&offset=-1'))
    await reader.ended
    expect((await stream(url('n?live=sse&offset=-1'))).status).toBe(200)
  })

  it('sends a comment in silence', async () => {
    const { url } = await serveHub({ limits: { heartbeatMs: 100 } })
    const reader = await stream(url('n?live=sse&offset=-1'))
    await reader.until((got) => /^:/m.test(got))
  })

  it('ends with streamClosed at the end of a closed channel', async () => {
    const { hub, url } = await serveHub()
    const reader = await stream(url('n?live=sse&offset=-1'))
    await control(reader)
    const { offset } = await hub.publish('n', 1, { close: true })
    expect(await control(reader)).toEqual({ streamNextOffset: offset, upToDate: true, streamClosed: true })
    await reader.ended
  })

  it('promise 3: ends at a gap, and the next request is answered 410', async () => {
    const { hub, url } = await serveHub()
    await hub.publish('n', 1)
    const reader = await stream(url('n?live=sse&offset=-1'))
    await control(reader)
    await ask(url('n'), { method: 'DELETE' })
    await reader.ended
    expect((await ask(url(`n?live=sse&offset=${reader.lastEventId}`))).status).toBe(410)
  })

  it('gives readers behind the window aligned slices, so that those who start apart share them', async () => {
    const { hub, url } = await serveHub({ limits: { windowMessages: 16 } })
    await hub.publishBatch(
      'n',
      Array.from({ length: 1_000 }, (_, i) => ({ data: i })),
    )
    const first = await ask(url('n?offset=last-900'))
    for (const offset of ['-1', 'last-900']) {
      const reader = await stream(url(`n?live=sse&offset=${offset}`))
      const ends = [await control(reader), await control(reader)].map((one) => one.streamNextOffset.slice(-4))
      expect(ends).toEqual(['0256', '0512'])
    }
    expect(first.json()).toHaveLength(900)
  })
})

describe('text over durable SSE', () => {
  const atHead = (one: Control) => one.upToDate === true

  it('keeps leading spaces and blank lines; CR and CRLF arrive as LF', async () => {
    const { hub, url } = await serveHub(text)
    await hub.publish('t', ' a\r\n  b\rc\n\n')
    const reader = await stream(url('t?live=sse&offset=-1'))
    expect(await textUntil(reader, atHead)).toBe(' a\n  b\nc\n\n')
    await hub.publish('t', '  live')
    expect(await textUntil(reader, atHead)).toBe('  live')
  })

  it('keeps whole a character split over two appends, read afterwards', async () => {
    const { hub, url } = await serveHub(text)
    const bytes = Buffer.from('a€b')
    for (const part of [bytes.subarray(0, 2), bytes.subarray(2)]) await hub.publish('t', part)
    expect(await textUntil(await stream(url('t?live=sse&offset=-1')), atHead)).toBe('a€b')
  })

  it('keeps it whole for a live reader, who waits for the rest', async () => {
    const { hub, url } = await serveHub(text)
    const bytes = Buffer.from('ab😀cd')
    const reader = await stream(url('t?live=sse&offset=-1'))
    await control(reader)
    for (let i = 0; i < bytes.length; i++) {
      await hub.publish('t', bytes.subarray(i, i + 1))
      await new Promise(setImmediate)
    }
    let got = ''
    while (got.length < 'ab😀cd'.length) got += (await reader.next('data')).data
    expect(got).toBe('ab😀cd')
  })

  it('keeps it whole over a reconnect by id in its middle', async () => {
    const { hub, url } = await serveHub(text)
    const bytes = Buffer.from('x€y')
    const reader = await stream(url('t?live=sse&offset=-1'))
    await control(reader)
    await hub.publish('t', bytes.subarray(0, 1))
    expect(await textUntil(reader, atHead)).toBe('x')
    await hub.publish('t', bytes.subarray(1, 2))
    await hub.publish('n', 0)
    reader.close()
    const resumed = await stream(url('t?live=sse&offset=-1'), { headers: { 'Last-Event-ID': reader.lastEventId } })
    await hub.publish('t', bytes.subarray(2))
    let got = ''
    while (got.length < 2) got += (await resumed.next('data')).data
    expect(got).toBe('€y')
  })

  it('gives up an unfinished character with the channel', async () => {
    const { hub, url } = await serveHub(text)
    const reader = await stream(url('t?live=sse&offset=-1'))
    await hub.publish('t', Buffer.from('a€').subarray(0, 3))
    await hub.publishBatch('t', [], { close: true })
    expect(await textUntil(reader, (one) => one.streamClosed === true)).toBe('a\ufffd')
  })
})

describe('the TTL of a channel', () => {
  it('is renewed by a live reader, and runs out when that has gone', { timeout: 120_000 }, async () => {
    const { url } = await serveHub({ create: 'explicit' })
    const head = async () => (await ask(url('n'), { method: 'HEAD' })).status
    await ask(url('n'), { method: 'PUT', headers: { 'Content-Type': 'text/plain', 'Stream-TTL': '4' } })
    const reader = await stream(url('n?live=sse&offset=-1'))
    const until = Date.now() + 5_000
    while (Date.now() < until) expect(await head()).toBe(200)
    reader.close()
    await expect.poll(head).toBe(404)
  })
})
