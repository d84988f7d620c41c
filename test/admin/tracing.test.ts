/** Traces: which spans a hub makes, as an exporter of OpenTelemetry gets them. */
import { context, type Link, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createTracing, linksOf } from '../../src/admin/index.js'
import { type AnywireError, createHub, type HubOptions } from '../../src/index.js'
import { ask, post } from '../support/clients/request.js'
import { session } from '../support/clients/socket.js'
import { stream } from '../support/clients/sse.js'
import { serveHub } from '../support/hub-server.js'

async function traced(options: HubOptions = {}) {
  const exporter = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  const tracing = await createTracing({ provider })
  const rules = { 'chat/:room': { retain: { messages: 2 } }, news: {}, secret: { publish: false } }
  const server = await serveHub({ rules, tracing, ...options })
  const spans = () =>
    exporter.getFinishedSpans().map(({ name, attributes, kind, links }) => ({ name, attributes, kind, links }))
  return { ...server, provider, exporter, spans }
}

/** Of `SpanKind`. */
const [client, producer] = [2, 3]
const contexts = (links: readonly Link[] | undefined) =>
  links?.map(({ context: { traceId, spanId } }) => [traceId, spanId])

describe('a publish', () => {
  it('is a span named by the pattern of its rule, linked with its request', async () => {
    const { url, spans } = await traced()
    const [traceId, spanId] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331']
    await post(url('chat/7'), 1, { traceparent: `00-${traceId}-${spanId}-01` })
    await expect.poll(spans).toHaveLength(1)
    expect(spans()).toEqual([
      {
        name: 'publish chat/:room',
        kind: producer,
        links: [expect.objectContaining({ context: expect.objectContaining({ traceId, spanId }) })],
        attributes: {
          'messaging.system': 'anywire',
          'messaging.operation.name': 'publish',
          'messaging.operation.type': 'send',
          'messaging.destination.template': 'chat/:room',
          'messaging.message.id': expect.any(String),
          'anywire.outcome': 'appended',
        },
      },
    ])
  })

  it('names the channel where the rule is for one alone, and neither where there is none', async () => {
    const { hub, spans } = await traced()
    await hub.publish('news', 1)
    await hub.publish('other', 1)
    expect(spans().map(({ name, attributes }) => [name, attributes['messaging.destination.name']])).toEqual([
      ['publish news', 'news'],
      ['publish', undefined],
    ])
  })

  it('that is refused says by which error', async () => {
    const { url, spans } = await traced()
    await post(url('secret'), 1, { traceparent: 'no trace' })
    await expect.poll(spans).toHaveLength(1)
    expect(spans()[0]).toMatchObject({
      links: [],
      attributes: { 'anywire.outcome': 'refused', 'error.type': 'forbidden' },
    })
  })

  it('is a child of the span that is active', async () => {
    const manager = new AsyncLocalStorageContextManager().enable()
    expect(context.setGlobalContextManager(manager)).toBe(true)
    onTestFinished(() => context.disable())
    const { hub, exporter, provider } = await traced()
    const parent = provider.getTracer('app').startSpan('request')
    await context.with(trace.setSpan(context.active(), parent), () => hub.publish('news', 1))
    const [publish] = exporter.getFinishedSpans()
    expect(publish?.parentSpanContext).toMatchObject(parent.spanContext())
  })
})

describe('a reading', () => {
  it('is a span when it opens and one when it closes, linked, and none between', async () => {
    const { hub, url, spans } = await traced()
    const reader = await stream(url('chat/7'))
    await expect.poll(() => hub.stats().subscriptions).toBe(1)
    for (let n = 0; n < 5; n++) await hub.publish('chat/7', n)
    await expect.poll(() => reader.text).toContain('data: 4')
    hub.disconnect({ channel: 'chat/7' })
    await reader.ended
    await expect.poll(() => spans().map(({ name }) => name)).toContain('close chat/:room')
    const [open, close, ...others] = spans().filter(({ name }) => !name.startsWith('publish'))
    expect(open).toMatchObject({
      name: 'open chat/:room',
      kind: client,
      attributes: { 'messaging.operation.type': 'receive', 'anywire.transport': 'event-stream' },
    })
    expect(contexts(close?.links)).toHaveLength(1)
    expect(others).toEqual([])
  })

  it('that went on from a position is a resume, and says what it lost', async () => {
    const { hub, spans } = await traced()
    const { offset } = await hub.publish('chat/7', 0)
    for (let n = 0; n < 5; n++) await hub.publish('chat/7', n)
    const reading = hub.subscribe('chat/7', { from: offset })
    await reading.next()
    await reading.return()
    const resumed = spans().find(({ name }) => name === 'resume chat/:room')
    expect(resumed?.attributes).toMatchObject({ 'anywire.gap': 'trimmed', 'anywire.transport': 'local' })
  })

  it('that is a page, and what the hub itself reads, make no span', async () => {
    const { url, spans } = await traced({ rules: { a: { presence: true } } })
    expect((await fetch(url('a'))).status).toBe(200)
    expect(spans()).toEqual([])
  })
})

describe('tracing', () => {
  it('that fails is told to onError, and nothing else suffers', async () => {
    const errors: AnywireError[] = []
    const fail = () => {
      throw new Error('of the tracer')
    }
    const tracing = { publishing: fail, opened: fail, closed: fail }
    const hub = createHub({ tracing, onError: (error) => errors.push(error) })
    await hub.publish('a', 1)
    const reading = hub.subscribe('a', { from: 'start' })
    expect(await reading.next()).toMatchObject({ value: { data: 1 } })
    await reading.return()
    await expect.poll(() => errors.length).toBe(3)
    await hub.close({ graceMs: 0 })
  })

  it('is what createTracing makes, and nothing else', () => {
    expect(() => createHub({ tracing: {} as never })).toThrow(/must be what createTracing of anywire\/admin answers/)
  })
})

describe('the span of who publishes', () => {
  const traceparent = (last: number) => `00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333${last}-01`
  const json = { 'Content-Type': 'application/json' }

  /** Publishes a message by each form, and answers what a program reads. */
  async function published(options: HubOptions = {}) {
    const server = await traced(options)
    const { hub, url, socketUrl } = server
    const create = { method: 'PUT', headers: { ...json, traceparent: traceparent(1) }, body: '[1]' }
    expect((await ask(url('chat/7'), create)).status).toBe(201)
    await post(url('chat/7'), 2, { traceparent: traceparent(2) })
    const socket = await session(socketUrl())
    socket.say({ type: 'publish', id: 1, channel: 'chat/7', data: 3, traceparent: traceparent(3) })
    await socket.frame('published')
    const publish = [
      { channel: 'chat/7', data: 4 },
      { channel: 'chat/7', data: 5, traceparent: traceparent(5) },
    ]
    const batch = {
      method: 'POST',
      headers: { ...json, traceparent: traceparent(4) },
      body: JSON.stringify({ publish }),
    }
    expect((await ask(url(), batch)).status).toBe(200)
    await hub.publish('chat/7', 6, { traceparent: traceparent(6) })
    await hub.publish('chat/7', 7)
    return server
  }

  const rules = { 'chat/:room': {} }

  it('travels with the message, by whatever form it is published', async () => {
    const { hub } = await published({ rules })
    const { messages } = await hub.history('chat/7')
    const told = messages.map((one) => [one.data, one.traceparent])
    expect(told).toEqual([...[1, 2, 3, 4, 5, 6].map((n) => [n, traceparent(n)]), [7, undefined]])
  })

  it('is told to readers that ask, and to no others', async () => {
    const { url, socketUrl } = await published({ rules })
    const query = '?offset=-1&channel=chat/7'
    const body = JSON.stringify({ subscribe: [{ channel: 'chat/7', offset: '-1' }] })
    const reading = { method: 'POST', headers: json, body }
    const told = async (more: string) => {
      const socket = await session(socketUrl(more))
      socket.say({ type: 'subscribe', subscriptions: [{ channel: 'chat/7', offset: '-1' }] })
      const many = await stream(url(`${query}${more.replace('?', '&')}`))
      await expect.poll(() => many.text).toContain('"data":7')
      const frames = JSON.stringify(await socket.frame('messages'))
      return [frames, (await ask(url(more), reading)).text, many.text].map(
        (text) => text.split('traceparent').length - 1,
      )
    }
    expect(await told('?traceparent=true')).toEqual([6, 6, 6])
    expect(await told('')).toEqual([0, 0, 0])
  })

  it('is a link of a span that works on the message, and not its parent', async () => {
    const { hub, provider, exporter } = await published({ rules })
    exporter.reset()
    const { messages } = await hub.history('chat/7')
    const tracer = provider.getTracer('reader')
    for (const message of messages) tracer.startSpan('process', { links: linksOf(message), root: true }).end()
    const spans = exporter.getFinishedSpans()
    const link = (n: number) => ['0af7651916cd43dd8448eb211c80319c', `b7ad6b716920333${n}`]
    expect(spans.map(({ links }) => contexts(links))).toEqual([...[1, 2, 3, 4, 5, 6].map((n) => [link(n)]), []])
    expect(spans.map(({ parentSpanContext }) => parentSpanContext)).toEqual(spans.map(() => undefined))
  })

  it('is not kept where nothing is traced, nor where it is none', async () => {
    const { hub, url } = await serveHub()
    await post(url('chat/7'), 1, { traceparent: traceparent(1) })
    await hub.publish('chat/7', 2, { traceparent: 'nonsense' })
    const { messages } = await hub.history('chat/7')
    expect(messages.map((one) => one.traceparent)).toEqual([undefined, undefined])
  })
})
