/** Readers of one channel, each in one form only, who keep nothing but a position; every request goes through a proxy that cuts it. */
import { once } from 'node:events'
import { type IncomingHttpHeaders, request as openHttp1 } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { WebSocket } from 'ws'
import type { Hub } from '../../src/index.js'
import { isOffset, numberOf, type Offset } from '../../src/protocol/offset.js'
import { readEvents } from '../../src/testing/index.js'

/** Checks one reading: the messages are the numbers from 0, each once and in order, unless a gap was announced. */
export class Reading {
  position: string
  #next = 0
  readonly #last: number
  /** What came last. */
  readonly heard: string[] = []

  constructor(position: Offset, last: number) {
    this.position = position
    this.#last = last
  }

  get done(): boolean {
    return this.#next > this.#last
  }

  /** `again`: the form may repeat messages, which their offsets tell. */
  message(number: number, again = false): void {
    this.hear(String(number))
    if (again && number < this.#next) return
    if (number !== this.#next) throw new Error(`Expected ${this.#next}; heard … ${this.heard.slice(-10).join(', ')}`)
    this.#next++
  }

  /** For a report: a thousand readers of ten thousand messages keep a little each. */
  hear(what: string): void {
    this.heard.push(what)
    if (this.heard.length > 20) this.heard.shift()
  }

  /** How many messages it has got or knows to be lost. */
  get next(): number {
    return this.#next
  }

  /** `again`: the form may tell of it twice. */
  gap(to: Offset, again = false): void {
    if (again && numberOf(to) <= this.#next) return
    this.hear(`[gap to ${numberOf(to)}]`)
    if (numberOf(to) <= this.#next) throw new Error(`A gap that leads nowhere: … ${this.heard.slice(-10).join(', ')}`)
    this.#next = numberOf(to)
    this.position = to
  }
}

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** It was not cut off. */
  readonly whole: boolean
}

type Ask = (path: string, headers?: Record<string, string>, body?: string) => Promise<Answer | undefined>

export interface World {
  readonly hub: Hub
  /** Of the proxy before the server of HTTP/1.1, and before that of HTTP/2. */
  readonly port: number
  readonly http2Port: number
  /** Of the server itself. */
  readonly directPort: number
  /** The position after so many messages, once it is known. */
  positionAfter(count: number): Promise<Offset>
  /** Where the proxy is to cut the next answer. Absent: as it likes. */
  readonly cut?: number
  /** The reader leaves each answer of HTTP/1.1, and the hub, after so long. Absent: it waits for the end. */
  readonly lifeMs?: number
}

type Leg = (reading: Reading, world: World) => Promise<void>

/** HTTP/1.1. Undefined where not even a head has come. */
const http1 =
  ({ port, cut, lifeMs }: World): Ask =>
  (path, given = {}, body) =>
    new Promise((resolve) => {
      const method = body === undefined ? 'GET' : 'POST'
      const headers = cut === undefined ? given : { ...given, 'x-cut': String(cut) }
      const request = openHttp1({ host: '127.0.0.1', port, path, method, headers, agent: false })
      request.on('error', () => resolve(undefined))
      request.on('response', (response) => {
        const chunks: Buffer[] = []
        const life = lifeMs === undefined ? undefined : setTimeout(() => response.destroy(), lifeMs)
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', () => undefined)
        response.on('close', () => {
          clearTimeout(life)
          const { statusCode: status = 0, complete: whole } = response
          resolve({ status, headers: response.headers, body: Buffer.concat(chunks), whole })
        })
      })
      request.end(body)
    })

const http2 =
  ({ http2Port }: World): Ask =>
  async (path, headers = {}, body) => {
    const session = connectHttp2(`http://127.0.0.1:${http2Port}`)
    session.on('error', () => undefined)
    const stream = session.request({ ':path': path, ':method': body === undefined ? 'GET' : 'POST', ...headers })
    stream.on('error', () => undefined)
    stream.end(body)
    let answered: IncomingHttpHeaders | undefined
    let whole = false
    const chunks: Buffer[] = []
    stream.on('response', (came) => {
      answered = came as IncomingHttpHeaders
    })
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => {
      whole = true
    })
    const gone = new Promise((resolve) => session.once('close', resolve))
    await Promise.race([once(stream, 'close').catch(() => undefined), gone])
    session.destroy()
    const length = answered?.['content-length']
    const bytes = Buffer.concat(chunks)
    // An end that only the loss of the session brought is none.
    if (length !== undefined && bytes.length < Number(length)) whole = false
    return answered && { status: Number(answered[':status' as never]), headers: answered, body: bytes, whole }
  }

const sse = { accept: 'text/event-stream' }

/** Pages and long polls: an answer counts if all of it has come. */
function page(query: string, over = http1): Leg {
  return async (reading, world) => {
    const answer = await over(world)(`/channels/n?offset=${reading.position}${query}`)
    if (!answer?.whole || answer.status >= 500) return
    const to = String(answer.headers['stream-next-offset'])
    if (answer.status === 410) return reading.gap(to)
    if (answer.status === 200)
      for (const number of JSON.parse(answer.body.toString()) as number[]) reading.message(number)
    reading.position = to
    if (query === '' && !reading.done) await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** [protocol 3.3] Data counts when the control event after it has come. */
function durable(over = http1): Leg {
  return async (reading, world) => {
    const answer = await over(world)(`/channels/n?live=sse&offset=${reading.position}`)
    if (answer?.status === 410 && answer.whole) return reading.gap(String(answer.headers['stream-next-offset']))
    if (answer?.status !== 200) return
    let held: number[] = []
    for (const { event, data } of readEvents(answer.body).events) {
      if (event === 'data') held = JSON.parse(data) as number[]
      else if (event === 'control') {
        for (const number of held) reading.message(number)
        held = []
        reading.position = (JSON.parse(data) as { streamNextOffset: string }).streamNextOffset
      }
    }
  }
}

/** What a browser does: the last id goes with the next request. */
function plain(over = http1): Leg {
  return async (reading, world) => {
    const answer = await over(world)('/channels/n', { ...sse, 'last-event-id': reading.position })
    if (answer?.status !== 200) return
    const { events, lastEventId } = readEvents(answer.body)
    for (const { event, data } of events) {
      if (event === 'gap') reading.gap((JSON.parse(data) as { to: string }).to)
      else if (event === 'message') reading.message(Number(data))
    }
    if (isOffset(lastEventId)) reading.position = lastEventId
  }
}

/** Two channels, of which one stays empty: a message may come again, its offset tells. */
function many(): Leg {
  let ids = ''
  return async (reading, world) => {
    const at = ids === '' ? `&offset=${reading.position}` : ''
    const headers = ids === '' ? sse : { ...sse, 'last-event-id': ids }
    const answer = await http1(world)(`/channels?channel=n${at}`, headers)
    if (answer?.status !== 200) return
    const { events, lastEventId } = readEvents(answer.body)
    for (const { event, data } of events) {
      if (event === 'gap') reading.gap((JSON.parse(data) as { to: string }).to, true)
      else if (event === 'message') reading.message((JSON.parse(data) as { data: number }).data, true)
    }
    if (lastEventId !== '') ids = lastEventId
  }
}

interface Frame {
  readonly type: string
  readonly offset?: string
  readonly to?: string
  readonly messages?: readonly { readonly offset: string; readonly data: number }[]
}

function frame(reading: Reading, { type, offset, to, messages = [] }: Frame): void {
  if (type === 'gap') reading.gap(to!)
  else if (type === 'subscribed' && offset !== reading.position) reading.hear(`[subscribed at ${offset}]`)
  for (const message of messages) {
    reading.message(message.data)
    reading.position = message.offset
  }
}

function post(accept: string, over = http1): Leg {
  return async (reading, world) => {
    const body = JSON.stringify({ subscribe: [{ channel: 'n', offset: reading.position }] })
    const headers = { accept, 'content-type': 'application/json' }
    const answer = await over(world)('/channels', headers, body)
    if (answer?.status !== 200) return
    if (accept === sse.accept) for (const { data } of readEvents(answer.body).events) frame(reading, JSON.parse(data))
    else if (answer.whole) for (const one of JSON.parse(answer.body.toString()) as Frame[]) frame(reading, one)
  }
}

/** Reads until the connection is cut. */
function socket(protocol: string | undefined, hear: (reading: Reading, text: string) => void): Leg {
  return async (reading, { port }) => {
    const below = protocol === undefined ? `/n?offset=${reading.position}` : ''
    const client = new WebSocket(`ws://127.0.0.1:${port}/channels${below}`, protocol ? [protocol] : [], {
      perMessageDeflate: false,
    })
    client.on('error', () => undefined)
    const subscriptions = () => [{ channel: 'n', offset: reading.position }]
    if (protocol !== undefined)
      client.on('open', () => client.send(JSON.stringify({ type: 'subscribe', subscriptions: subscriptions() })))
    let failure: unknown
    client.on('message', (data: Buffer) => {
      try {
        if (!reading.done) hear(reading, data.toString())
      } catch (thrown) {
        failure ??= thrown
      }
      if (failure || reading.done) client.terminate()
    })
    await new Promise((resolve) => client.on('close', resolve))
    if (failure) throw failure
  }
}

/** A plain WebSocket tells no position: who counts what comes knows it from elsewhere, and asks for a page what a gap was. */
const plainSocket: Leg = async (reading, world) => {
  await socket(undefined, (one, text) => one.message(Number(text)))(reading, world)
  if (reading.done) return
  if (reading.next > 0) reading.position = await world.positionAfter(reading.next)
  const answer = await http1({ ...world, port: world.directPort })(`/channels/n?offset=${reading.position}`)
  if (answer?.status === 410) reading.gap(String(answer.headers['stream-next-offset']))
}

const local: Leg = async (reading, { hub, lifeMs = 20 + Math.floor(Math.random() * 60) }) => {
  const signal = AbortSignal.timeout(lifeMs)
  for await (const item of hub.subscribe('n', { from: reading.position, signal })) {
    if (item.kind === 'gap') reading.gap(item.to)
    else {
      reading.message(item.data as number)
      reading.position = item.offset
    }
    if (reading.done) return
  }
}

export const legs: Readonly<Record<string, () => Leg>> = {
  'catch-up pages': () => page(''),
  'long poll': () => page('&live=long-poll'),
  'long poll over HTTP/2': () => page('&live=long-poll', http2),
  'durable SSE': () => durable(),
  'durable SSE over HTTP/2': () => durable(http2),
  'plain SSE': () => plain(),
  'plain SSE over HTTP/2': () => plain(http2),
  'plain SSE of many channels': many,
  'anywire.v1 over WebSocket': () => socket('anywire.v1', (reading, text) => frame(reading, JSON.parse(text))),
  'anywire.v1 as a stream': () => post(sse.accept),
  'anywire.v1 as a stream over HTTP/2': () => post(sse.accept, http2),
  'anywire.v1 in batches': () => post('application/json'),
  'plain WebSocket': () => plainSocket,
  'in this process': () => local,
}
