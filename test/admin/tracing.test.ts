/** Traces: which spans a hub makes, as an exporter of OpenTelemetry gets them. */
import { context, type Link, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createTracing } from '../../src/admin/index.js'
import { type AnywireError, createHub, type HubOptions } from '../../src/index.js'
import { post } from '../support/clients/request.js'
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
