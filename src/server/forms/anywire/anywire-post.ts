/** `anywire.v1` over POST on the mount path, answered by an event stream or one batch. PROTOCOL.md 4.3. */
import type { IncomingMessage } from 'node:http'
import { Connection } from '../../../core/reading/connection.js'
import { type Timed, timed, type Wheel } from '../../../core/wheel.js'
import {
  anywireBatch,
  anywireStream,
  asStreamEvent,
  encodeServerFrame,
  type OutgoingFrame,
  type PublishRequest,
  type SubscribeRequest,
  tracedBatch,
  tracedStream,
} from '../../../protocol/anywire-v1.js'
import { AnywireError } from '../../../protocol/error.js'
import { isOffset } from '../../../protocol/offset.js'
import { BatchWire } from '../../../wires/batch.js'
import type { BodyPart } from '../../../wires/compressor.js'
import { atMost } from '../../at-most.js'
import { checkFrame, mostFrameBytes } from '../../door/frame-limits.js'
import type { FormHooks } from '../../form-hooks.js'
import { clientGone } from '../../http/client-gone.js'
import { sendParts } from '../../http/compressed.js'
import type { Exchange } from '../../http/exchange.js'
import { asksTraces, header, wantsEventStream } from '../../http/target.js'
import { countsIn, lifeOf, openStream } from '../open-stream.js'
import { readPostBody } from './large-frames.js'
import { answerPublish } from './publish-frame.js'
import { Session } from './session.js'
import { checkPrincipal, welcomeFrame } from './welcome.js'

const noStore = ['Cache-Control', 'no-store']

export async function anywirePost(exchange: Exchange): Promise<void> {
  const { context, request, admission } = exchange
  const bytes = await exchange.readBody(mostFrameBytes(context))
  checkFrame(bytes, context.limits.bodyBytes)
  const { subscribe, publish: asked, waitMs, welcome, principal } = readPostBody(bytes, context.requestLimits)
  const publish = context.tracing ? tracedBy(request, asked) : asked
  checkPrincipal(principal, admission.principal)
  exchange.checkSender()
  if (wantsEventStream(request)) return stream(exchange, subscribe, publish)
  const greeting = welcome ? [welcomeFrame(context, admission.principal)] : []
  const published = await publishAll(exchange, publish)
  if (subscribe.length === 0) {
    const frames = [...greeting, ...published].map(encodeServerFrame)
    return exchange.send(200, 'application/json', noStore, `[${frames.join(',')}]`)
  }
  const turn = exchange.turn()
  if (turn) await turn
  await batch(exchange, { subscribe, greeting, published, waitMs })
}

/** What names no span of its own comes from that of the request. */
function tracedBy(request: IncomingMessage, publish: readonly PublishRequest[]): readonly PublishRequest[] {
  const own = header(request, 'traceparent')
  return publish.map((one) => ({ ...one, traceparent: one.traceparent ?? own }))
}

async function stream(
  exchange: Exchange,
  subscribe: readonly SubscribeRequest[],
  publish: readonly PublishRequest[],
): Promise<void> {
  const { context, admission } = exchange
  const send = (frame: OutgoingFrame) => void connection.write(asStreamEvent(encodeServerFrame(frame)))
  const channels = subscribe.map(({ channel }) => channel)
  const { wheel } = context.delivery
  const over = timed(() => connection.finish())
  const connection = openStream(exchange, anywireStream, {
    channels,
    hooks: {
      ...(countsIn(context, channels) && presentLife(lifeOf(exchange, channels), over, wheel, send)),
      drain: (retryMs) => send({ type: 'drain', retryMs }),
      switches: true,
      revoke: (channel, reason) => session.revoke(channel, reason),
      reads: (channel) => session.reads(channel),
    },
  })
  const session = new Session({
    context,
    connection,
    framing: asksTraces(exchange.request) ? tracedStream : anywireStream,
    address: admission.address,
    out: {
      send,
      get full() {
        return connection.full
      },
    },
  })
  connection.listen({
    drained: () => session.drained(),
    closed() {
      wheel.cancel(over)
      session.drained()
    },
    left: (subscription, reason) => session.left(subscription, reason),
  })
  session.welcome()
  if (connection.closed) return // sent away while it was being opened
  const { publishesPending: most } = context.limits
  await Promise.all([
    session.subscribe(subscribe),
    atMost(publish, { most, ready: whileMaySend(exchange) }, (one) => session.publish(one)),
  ])
}

/** Of the life of a stream that counts as present, the part in which its client comes back. */
const comingBack = 0.1

/** Nothing else shows that its client is alive: the stream ends, and the client is told to come back before. */
function presentLife(
  { lifeMs = 0 }: Pick<FormHooks, 'lifeMs'>,
  over: Timed,
  wheel: Wheel,
  send: (frame: OutgoingFrame) => void,
): FormHooks {
  const leadMs = lifeMs * comingBack
  return {
    lifeMs: lifeMs - leadMs,
    timeUp() {
      send({ type: 'drain', retryMs: Math.ceil((Math.random() * leadMs) / 2) })
      wheel.schedule(over, leadMs)
    },
  }
}

interface BatchRequest {
  readonly subscribe: readonly SubscribeRequest[]
  /** The `welcome`, if it was asked for. */
  readonly greeting: readonly OutgoingFrame[]
  readonly published: readonly OutgoingFrame[]
  readonly waitMs: number
}

/** Waits for the first frame that is new to the client, or until the time is over. */
async function batch(exchange: Exchange, { subscribe, greeting, published, waitMs }: BatchRequest): Promise<void> {
  const { context, admission, response } = exchange
  const { wheel } = context.delivery
  const wire = new BatchWire(response, context.limits.pageBytes, (frames, reason) => {
    exchange.staysHere = reason === undefined
    sendParts(exchange, 'application/json', noStore, asArray(frames))
  })
  const connection = new Connection({
    wire,
    heartbeat: anywireBatch.heartbeat,
    principal: admission.principal,
    transport: anywireBatch.name,
    wheel,
    times: context.limits,
  })
  const add = (frame: OutgoingFrame, news: boolean) => wire.add({ bytes: Buffer.from(encodeServerFrame(frame)) }, news)
  const session = new Session({
    context,
    connection,
    framing: asksTraces(exchange.request) ? tracedBatch : anywireBatch,
    address: admission.address,
    out: {
      send: (frame) => add(frame, frame.type !== 'subscribed'),
      // Messages without room wait for the next batch. But each subscription is answered.
      full: false,
    },
  })
  const end = timed(() => connection.finish())
  connection.listen({
    closed: () => wheel.cancel(end),
    left: (subscription, reason) => session.left(subscription, reason),
  })
  for (const frame of [...greeting, ...published]) add(frame, false)
  try {
    context.welcome(connection, admission, { reads: (channel) => session.reads(channel), asksAgain: true })
  } catch (thrown) {
    if (published.length === 0) throw thrown
    // What was published is answered all the same. Its client asks again for what it reads, and is refused then.
    return connection.close(AnywireError.from(thrown))
  }
  if (connection.closed) return // sent away while it was being opened
  wheel.schedule(end, Math.min(context.limits.pollMs, waitMs))
  // A channel that the store is asked for would have no turn beside one that always has news: each batch opens it anew.
  wire.hold()
  await session.subscribe(subscribe)
  wire.release()
  if (!connection.closed) context.turns.weigh(response, 0)
  // A word such as "now" has become a position. If the client were cut off while it waits, it would get another one.
  const moved = subscribe.some(({ offset }) => offset !== 'snapshot' && !isOffset(offset))
  if (published.length > 0 || moved) connection.close()
}

function publishAll(exchange: Exchange, publishes: readonly PublishRequest[]): Promise<OutgoingFrame[]> {
  const { context, admission } = exchange
  const { principal, address } = admission
  const publisher = { principal }
  const { publishesPending: most, functionMs } = context.limits
  // All are answered together. Publishes that wait too long for slow ones are refused, so that the client is answered
  // in time.
  const waitsUntil = performance.now() + functionMs
  return atMost(publishes, { most, ready: whileMaySend(exchange) }, (one) =>
    answerPublish(context, publisher, address, one, waitsUntil),
  )
}

/** The rest of a long list is not begun once its sender has disconnected or was disconnected. */
function whileMaySend(exchange: Exchange): () => undefined {
  return () => {
    if (exchange.response.closed) throw clientGone()
    exchange.checkSender()
    return undefined
  }
}

function asArray(frames: readonly BodyPart[]): BodyPart[] {
  const parts = frames.flatMap((frame, i) => [{ bytes: i === 0 ? open : comma }, frame])
  return [...parts, { bytes: frames.length === 0 ? empty : close }]
}

const open = Buffer.from('[')
const comma = Buffer.from(',')
const close = Buffer.from(']')
const empty = Buffer.from('[]')
