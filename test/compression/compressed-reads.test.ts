/** Every form of reading with `compress`: the same messages in fewer bytes, for those who accept it. PROTOCOL.md 6.2. */
import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { ask, post } from '../support/clients/request.js'
import { session } from '../support/clients/socket.js'
import { stream } from '../support/clients/sse.js'
import { serveHub } from '../support/hub-server.js'
import { gzip, story } from './story.js'

const options = { compress: true, rules: { 'secret/*': { compress: false } } }

describe('a page', () => {
  it('is gzip for who accepts it, and says so', async () => {
    const { hub, url } = await serveHub(options)
    await hub.publishBatch('news', story(100))
    const [small, plain] = [await ask(url('news'), gzip), await ask(url('news'))]
    expect([small.headers['content-encoding'], plain.headers['content-encoding']]).toEqual(['gzip', undefined])
    expect([small.headers.vary, plain.headers.vary]).toEqual(['Accept, Accept-Encoding', 'Accept, Accept-Encoding'])
    expect(small.text).toBe(plain.text)
    expect(small.bytes.length).toBeLessThan(plain.bytes.length / 3)
  })

  it('has a tag for each encoding, and is not sent again to who has it', async () => {
    const { hub, url } = await serveHub(options)
    await hub.publishBatch('news', story(100))
    const tags = [(await ask(url('news'), gzip)).headers.etag!, (await ask(url('news'))).headers.etag!]
    expect(new Set(tags).size).toBe(2)
    const again = (tag: string, more = {}) => ask(url('news'), { headers: { 'If-None-Match': tag, ...more } })
    expect([(await again(tags[0]!, gzip.headers)).status, (await again(tags[1]!)).status]).toEqual([304, 304])
    expect([(await again(tags[1]!, gzip.headers)).status, (await again(tags[0]!)).status]).toEqual([200, 200])
  })

  it('is plain where it would be no smaller, and where the rule says so', async () => {
    const { hub, url } = await serveHub(options)
    await hub.publish('news', 'short')
    await hub.publishBatch('secret/a', story(100))
    const [short, secret] = [await ask(url('news'), gzip), await ask(url('secret/a'), gzip)]
    expect([short.headers['content-encoding'], secret.headers['content-encoding']]).toEqual([undefined, undefined])
    expect([short.headers.vary, secret.headers.vary]).toEqual(['Accept, Accept-Encoding', 'Accept'])
  })

  it('is plain for everybody who asks, where it would be no smaller', async () => {
    const { hub, url } = await serveHub({ ...options, rules: { raw: { contentType: 'application/octet-stream' } } })
    const bytes = randomBytes(5_000)
    await hub.publish('raw', bytes)
    for (const answer of await Promise.all([0, 1, 2].map(() => ask(url('raw'), gzip)))) {
      expect(answer.headers['content-encoding']).toBeUndefined()
      expect(answer.bytes).toEqual(bytes)
    }
  })

  it('is plain unless the hub or the rule says so', async () => {
    const { hub, url } = await serveHub({ rules: { 'open/*': { compress: true } } })
    for (const channel of ['news', 'open/a']) await hub.publishBatch(channel, story(100))
    const [news, open] = [await ask(url('news'), gzip), await ask(url('open/a'), gzip)]
    expect([news.headers['content-encoding'], open.headers['content-encoding']]).toEqual([undefined, 'gzip'])
    expect(news.headers.vary).toBe('Accept')
  })
})

describe('a poll', () => {
  it.each(['live=long-poll&offset=now', 'live=poll'])('is gzip: %s', async (query) => {
    const { hub, url } = await serveHub(options)
    const answers = [ask(url(`news?${query}`), gzip), ask(url(`news?${query}`))]
    await expect.poll(() => hub.stats().subscriptions).toBe(2)
    await hub.publishBatch('news', story(100))
    const [small, plain] = await Promise.all(answers)
    expect([small!.headers['content-encoding'], plain!.headers['content-encoding']]).toEqual(['gzip', undefined])
    expect(small!.headers.vary).toBe('Accept-Encoding')
    expect(small!.text).toBe(plain!.text)
  })

  it('that answers a batch of several channels compresses those whose rule lets it', async () => {
    const { hub, url } = await serveHub(options)
    for (const channel of ['news', 'secret/a']) await hub.publishBatch(channel, story(100))
    const body = { subscribe: ['news', 'secret/a'].map((channel) => ({ channel, offset: '-1' })) }
    const [small, plain] = [await post(url(), body, gzip.headers), await post(url(), body)]
    expect(small.headers['content-encoding']).toBe('gzip')
    expect(small.json()).toEqual(plain.json())
    const secret = Buffer.from(JSON.stringify(story(100)[99]!.data))
    expect([small.bytes.includes(secret), small.bytes.indexOf(secret) === small.bytes.lastIndexOf(secret)]).toEqual([
      true,
      true,
    ])
  })
})

describe('an event stream', () => {
  const forms = {
    plain: (url: (below?: string) => string) => stream(url('news'), gzip),
    durable: (url: (below?: string) => string) => stream(url('news?live=sse&offset=now'), gzip),
    'many channels': (url: (below?: string) => string) => stream(url('?channel=news&channel=secret/a'), gzip),
    'anywire.v1': (url: (below?: string) => string) =>
      stream(url(), { ...gzip, method: 'POST', body: '{"subscribe":[{"channel":"news"},{"channel":"secret/a"}]}' }),
  }

  it.each(Object.entries(forms))('is gzip from its head to its end: %s', async (_name, open) => {
    const { hub, url } = await serveHub(options)
    const reader = await open(url)
    expect(reader.headers).toMatchObject({
      'content-encoding': 'gzip',
      vary: expect.stringContaining('Accept-Encoding'),
    })
    await expect.poll(() => hub.stats().subscriptions).toBeGreaterThan(0)
    await hub.publishBatch('news', story(100))
    await reader.until((text) => text.includes('"n":99'))
    await hub.publish('news', 'small')
    await reader.until((text) => text.includes('small'))
    await hub.close({ graceMs: 10_000 })
    await reader.ended
    expect(reader.broken).toBeUndefined()
  })

  it('carries heartbeats and gaps', async () => {
    const { hub, url } = await serveHub({
      ...options,
      limits: { heartbeatMs: 100 },
      rules: { '*': { retain: { messages: 1 } } },
    })
    const first = await hub.publish('news', 1)
    await hub.publishBatch('news', story(10))
    const reader = await stream(url(`news?offset=${first.offset}`), gzip)
    expect(await reader.next('gap')).toMatchObject({ data: expect.stringContaining('trimmed') })
    await reader.until((text) => text.includes('\n:\n'))
  })

  it('conflates', async () => {
    const { hub, url } = await serveHub({ ...options, rules: { '*': { keys: true } } })
    const before = await hub.publish('news', 0, { key: 'a' })
    for (let n = 1; n < 200; n++) await hub.publish('news', { n, pad: 'x'.repeat(600) }, { key: 'a' })
    const reader = await stream(url(`news?slow=conflate&offset=${before.offset}`), gzip)
    expect(await reader.next('gap')).toMatchObject({ data: expect.stringContaining('conflated') })
    await reader.until((text) => text.includes('"n":199'))
    expect(reader.text.match(/"n":/g)!.length).toBeLessThan(10)
  })

  it('is plain for who does not accept it, and for channels whose rule says so', async () => {
    const { url } = await serveHub(options)
    const refusing = await stream(url('news'), { headers: { 'Accept-Encoding': 'gzip;q=0, *' } })
    const secret = await stream(url('secret/a'), gzip)
    expect([refusing.headers['content-encoding'], secret.headers['content-encoding']]).toEqual([undefined, undefined])
    expect(secret.headers.vary).toBe('Accept')
  })

  it('promise 2: resumes compressed what was read plain, and plain what was read compressed', async () => {
    const { hub, url } = await serveHub(options)
    const reads: string[] = []
    let position = { 'Last-Event-ID': '' }
    for (let round = 0; round < 6; round++) {
      const headers = round % 2 === 0 ? { ...gzip.headers, ...position } : position
      const reader = await stream(url(round === 0 ? 'news?offset=-1' : 'news'), { headers })
      expect(reader.headers['content-encoding']).toBe(round % 2 === 0 ? 'gzip' : undefined)
      await hub.publishBatch('news', story(50, round * 50))
      reads.push(...(await reader.data(50)))
      position = { 'Last-Event-ID': reader.lastEventId }
      reader.close()
    }
    expect(reads).toEqual(story(300).map(({ data }) => JSON.stringify(data)))
  })
})

describe('a WebSocket of anywire.v1', () => {
  it('gets compressed what the rule lets be, plain what it does not, and all else between', async () => {
    const { hub, socketUrl } = await serveHub(options)
    const socket = await session(socketUrl(), { deflate: true })
    expect(socket.webSocket.extensions).toBe('permessage-deflate')
    socket.say({ type: 'subscribe', subscriptions: [{ channel: 'news' }, { channel: 'secret/a' }] })
    await socket.frame('subscribed')
    await socket.frame('subscribed')
    for (const channel of ['news', 'secret/a']) {
      await hub.publishBatch(channel, story(100))
      const frame = await socket.frame<{ channel: string; messages: { data: unknown }[] }>('messages')
      expect(frame.messages.map(({ data }) => data)).toEqual(story(100).map(({ data }) => data))
    }
    socket.say({ type: 'publish', id: 1, channel: 'news', data: 'x'.repeat(5_000) })
    expect(await socket.frame('published')).toMatchObject({ id: 1 })
  })

  it('promise 2: goes on compressed from where it was read plain', async () => {
    const { hub, socketUrl } = await serveHub(options)
    let offset = '-1'
    for (let round = 0; round < 4; round++) {
      await hub.publishBatch('news', story(50, round * 50))
      const socket = await session(socketUrl(), { deflate: round % 2 === 0 })
      socket.say({ type: 'subscribe', subscriptions: [{ channel: 'news', offset }] })
      const { messages } = await socket.frame<{ messages: { offset: string; data: unknown }[] }>('messages')
      expect(messages.map(({ data }) => data)).toEqual(story(50, round * 50).map(({ data }) => data))
      offset = messages.at(-1)!.offset
      socket.close()
    }
  })
})
