/** Plain SSE of many channels: `GET <mount>?channel=a&channel=b`. PROTOCOL.md 3.4. */
import { describe, expect, it } from 'vitest'
import { ask } from '../support/clients/request.js'
import { type EventStream, stream } from '../support/clients/sse.js'
import { serveHub } from '../support/hub-server.js'

const sse = { Accept: 'text/event-stream' }
const resuming = (reader: EventStream) => ({ headers: { 'Last-Event-ID': reader.lastEventId } })
const json = async (reader: EventStream) => JSON.parse((await reader.next()).data)

/** Waits until the block of ids that follows the last event is here. */
const settled = (reader: EventStream) => reader.until((text) => /event: position\nid: [^\n]+\ndata:\n\n$/.test(text))

describe('an event stream of many channels', () => {
  it('sends each message as JSON with its channel and offset', async () => {
    const { hub, url } = await serveHub({
      rules: { t: { contentType: 'text/plain' }, b: { contentType: 'image/png' } },
    })
    const reader = await stream(url('?channel=n&channel=t&channel=b'))
    const { offset } = await hub.publish('n', { a: [1] }, { event: 'e', key: 'k' })
    expect(await json(reader)).toEqual({ channel: 'n', offset, data: { a: [1] }, event: 'e', key: 'k' })
    await hub.publish('t', ' x\r\ny')
    expect(await json(reader)).toMatchObject({ channel: 't', data: ' x\r\ny' })
    await hub.publish('b', Uint8Array.of(1, 2, 3))
    expect(await json(reader)).toMatchObject({ channel: 'b', base64: 'AQID' })
    await hub.publish('t', Uint8Array.of(255))
    expect(await json(reader)).toMatchObject({ channel: 't', base64: '/w==' })
  })

  it('sends events without a name, whatever the message has', async () => {
    const { hub, url } = await serveHub()
    const reader = await stream(url('?channel=n'))
    await hub.publish('n', 1, { event: 'named' })
    expect((await reader.next()).event).toBe('message')
  })

  it('promise 2: resumes every channel from the block of positions after the last write', async () => {
    const { hub, url } = await serveHub()
    const reader = await stream(url('?channel=a&channel=b'))
    await hub.publish('a', 1)
    await hub.publish('b', 2)
    await reader.next()
    await reader.next()
    await settled(reader)
    reader.close()
    await hub.publish('b', 3)
    await hub.publish('a', 4)
    const resumed = await stream(url('?channel=a&channel=b'), resuming(reader))
    const got = [await json(resumed), await json(resumed)]
    expect(got.map(({ channel, data }) => [channel, data]).sort()).toEqual([
      ['a', 4],
      ['b', 3],
    ])
  })

  it('resumes a reader who saw no message', async () => {
    const { hub, url } = await serveHub()
    const reader = await stream(url('?channel=a&channel=b'))
    await reader.until((text) => text.includes('\n\n'))
    reader.close()
    await hub.publish('b', 1)
    expect(await json(await stream(url('?channel=a&channel=b'), resuming(reader)))).toMatchObject({ channel: 'b' })
  })

  it('begins where the URL says: a word for all channels, or the position of each', async () => {
    const { hub, url } = await serveHub()
    const offsets = await Promise.all([1, 2, 3].map(async (n) => (await hub.publish('a', n)).offset))
    const { offset } = await hub.publish('b', 4)
    const data = async (reader: EventStream, count: number) => {
      const got: unknown[] = []
      while (got.length < count) got.push((await json(reader)).data)
      return got.sort()
    }
    expect(await data(await stream(url('?channel=a&channel=b&offset=last-2')), 3)).toEqual([2, 3, 4])
    const each = await stream(url(`?channel=a&channel=b&offset=${offsets[1]},${offset}`))
    await hub.publish('b', 5)
    expect(await data(each, 2)).toEqual([3, 5])
    expect((await stream(url(`?channel=a&channel=b&offset=${offset},last-2`))).status).toBe(400)
  })

  it('promise 3: announces a gap with its channel, and goes on', async () => {
    const { hub, url } = await serveHub()
    await hub.publish('a', 1)
    const reader = await stream(url('?channel=a&channel=b'))
    await reader.until((text) => text.includes('\n\n'))
    await ask(url('a'), { method: 'DELETE' })
    const gap = await reader.next('gap')
    expect(JSON.parse(gap.data)).toMatchObject({ channel: 'a', reason: 'reset' })
    await hub.publish('a', 2)
    expect(await json(reader)).toMatchObject({ channel: 'a', data: 2 })
  })

  it('takes an alien id as a gap in every channel', async () => {
    const { hub, url } = await serveHub()
    await hub.publish('a', 1)
    const reader = await stream(url('?channel=a&channel=b'), { headers: { 'Last-Event-ID': 'alien' } })
    const gaps = [await reader.next('gap'), await reader.next('gap')].map(({ data }) => JSON.parse(data))
    expect(gaps.map(({ channel, reason }) => [channel, reason]).sort()).toEqual([
      ['a', 'reset'],
      ['b', 'reset'],
    ])
    expect(await json(reader)).toMatchObject({ channel: 'a', data: 1 })
  })

  it('goes on while one channel is open, ends with the last, and answers the reconnect 204', async () => {
    const { hub, url } = await serveHub()
    const reader = await stream(url('?channel=a&channel=b'))
    await hub.publish('a', 1, { close: true })
    await hub.publish('b', 2)
    expect([(await json(reader)).data, (await json(reader)).data]).toEqual([1, 2])
    await hub.publish('b', 3, { close: true })
    await reader.ended
    const { status } = await ask(url('?channel=a&channel=b'), {
      headers: { ...sse, 'Last-Event-ID': reader.lastEventId },
    })
    expect(status).toBe(204)
  })

  it('sends a comment in silence', async () => {
    const { url } = await serveHub({ limits: { heartbeatMs: 100 } })
    const reader = await stream(url('?channel=a&channel=b'))
    await reader.until((text) => /^:/m.test(text))
  })

  it('takes 1 to 100 channels, each with a good name, and none twice', async () => {
    const { hub, url } = await serveHub()
    const many = (count: number) => `?${Array.from({ length: count }, (_, i) => `channel=c${i}`).join('&')}`
    const status = async (query: string) => (await stream(url(query))).status
    expect([
      await status('?'),
      await status('?channel='),
      await status(many(101)),
      await status('?channel=a//b'),
    ]).toEqual([400, 400, 400, 400])
    expect(await status(many(100))).toBe(200)
    const reader = await stream(url('?channel=a&channel=a'))
    await hub.publish('a', 1)
    await hub.publish('a', 2)
    expect([(await json(reader)).data, (await json(reader)).data]).toEqual([1, 2])
  })

  it('is all or none: one channel that may not be read refuses the stream', async () => {
    const { hub, url } = await serveHub({ rules: { secret: { subscribe: false } } })
    expect((await stream(url('?channel=a&channel=secret'))).status).toBe(403)
    expect(hub.stats().subscriptions).toBe(0)
  })

  it('is asked for by naming the event stream; anything else on the mount path is told what to do', async () => {
    const { url } = await serveHub()
    const { status, code } = await ask(url('?channel=a'))
    expect([status, code]).toEqual([405, 'bad-method'])
  })

  it('writes the positions once for all that came in one turn', async () => {
    const { hub, url } = await serveHub()
    const names = Array.from({ length: 100 }, (_, i) => `c${i}`)
    const reader = await stream(url(`?${names.map((name) => `channel=${name}`).join('&')}`))
    await reader.until((text) => text.includes('\n\n'))
    const before = reader.text.length
    await Promise.all(names.map((name) => hub.publish(name, 1)))
    await reader.until(() => !reader.lastEventId.includes('_0000000000000000'))
    // A turn for each slice of time in which a busy machine cuts the fan-out, not one for each message.
    const blocks = reader.text.slice(before).match(/event: position/g) ?? []
    expect(blocks.length).toBeLessThan(20)
  })
})
