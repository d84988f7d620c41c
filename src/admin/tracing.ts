/** Traces by the package `@opentelemetry/api`, as its semantic conventions for messaging have them (1.44). */
import type { Attributes, Link, SpanContext, TracerProvider } from '@opentelemetry/api'
import type { TracedPlace, Tracing } from '../core/tracing.js'
import { AnywireError } from '../protocol/error.js'
import { parseTraceparent } from '../protocol/traceparent.js'

export interface TracingOptions {
  /** Whose tracer is used. @default the one that is registered globally */
  readonly provider?: TracerProvider | undefined
}

/**
 * Spans for publishes, and for the beginning and the end of readings: `createHub({ tracing: await createTracing() })`.
 * A publish is a child of the span that is active, and linked with the `traceparent` of its request. Rejects with an
 * AnywireError `internal` where the package is not installed.
 */
export async function createTracing({ provider }: TracingOptions = {}): Promise<Tracing> {
  const api = await loadApi()
  const tracer = (provider ?? api.trace).getTracer('anywire')
  /** The span with which a reading began. */
  const openings = new WeakMap<object, SpanContext>()
  const { SpanKind, SpanStatusCode } = api

  return {
    publishing(place, traceparent) {
      const attributes = attributesOf('publish', place, { 'messaging.operation.type': 'send' })
      const links = linksOf({ traceparent })
      const span = tracer.startSpan(nameOf('publish', place), { kind: SpanKind.PRODUCER, attributes, links })
      return ({ outcome, code, offset }) => {
        span.setAttribute('anywire.outcome', outcome)
        if (offset !== undefined) span.setAttribute('messaging.message.id', offset)
        if (code !== undefined) span.setAttribute('error.type', code).setStatus({ code: SpanStatusCode.ERROR })
        span.end()
      }
    },
    opened(reading, { transport, resumes, beganMs, gap, ...place }) {
      const operation = resumes ? 'resume' : 'open'
      const attributes = attributesOf(operation, place, {
        'messaging.operation.type': 'receive',
        'anywire.transport': transport,
        ...(gap !== undefined && { 'anywire.gap': gap }),
      })
      const facts = { kind: SpanKind.CLIENT, attributes, startTime: beganMs }
      const span = tracer.startSpan(nameOf(operation, place), facts)
      openings.set(reading, span.spanContext())
      span.end()
    },
    closed(reading, { transport, ...place }) {
      const opening = openings.get(reading)
      if (opening === undefined) return
      openings.delete(reading)
      const links: Link[] = [{ context: opening }]
      const attributes = attributesOf('close', place, { 'anywire.transport': transport })
      tracer.startSpan(nameOf('close', place), { kind: SpanKind.CLIENT, root: true, attributes, links }).end()
    },
  }
}

async function loadApi() {
  try {
    return await import('@opentelemetry/api')
  } catch (cause) {
    const sentence = 'Traces need the package "@opentelemetry/api": npm install @opentelemetry/api'
    throw new AnywireError('internal', sentence, { cause })
  }
}

/** The operation, and where: the pattern of the rule, since names of channels are many. */
const nameOf = (operation: string, { rule }: TracedPlace) => (rule === undefined ? operation : `${operation} ${rule}`)

/** Whether a pattern is the name of one channel. */
const isName = (pattern: string) => !/[:*]/.test(pattern)

function attributesOf(operation: string, { rule }: TracedPlace, more: Attributes): Attributes {
  return {
    'messaging.system': 'anywire',
    'messaging.operation.name': operation,
    ...(rule !== undefined && { 'messaging.destination.template': rule }),
    ...(rule !== undefined && isName(rule) && { 'messaging.destination.name': rule }),
    ...more,
  }
}

/** Undefined for what is none. */
function contextOf(traceparent: string | undefined): SpanContext | undefined {
  const said = parseTraceparent(traceparent)
  return said && { traceId: said.traceId, spanId: said.spanId, traceFlags: said.flags, isRemote: true }
}

/**
 * The links of a span that works on these messages: `tracer.startSpan('process', { links: linksOf(message) })`. It is no
 * child of who published them. Empty where nothing was said of that.
 */
export function linksOf(...messages: readonly { readonly traceparent?: string | undefined }[]): Link[] {
  return messages.flatMap(({ traceparent }) => {
    const context = contextOf(traceparent)
    return context ? [{ context }] : []
  })
}
