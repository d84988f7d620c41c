/** Readers that go on from where they stand, on every form, whatever becomes of their connection and their server. */
import type { Socket as NetSocket } from 'node:net'
import type { Readable } from 'node:stream'
import { text as textOf } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { onTestFinished } from 'vitest'
import { type ClientOptions, WebSocket } from 'ws'
import { connect, type Transport } from '../../src/client/index.js'
import { askHttp2, ConnectSocket } from '../support/clients/http2-client.js'
import { askHttp1 } from '../support/transport.js'

/** What carries the forms that need no client of ours. */
export interface Way {
  readonly name: string
  readonly ask: typeof askHttp1
  readonly socket: (url: string) => ClientOptions
}

export const http1: Way = { name: 'HTTP/1.1', ask: askHttp1, socket: () => ({ rejectUnauthorized: false }) }
export const http2: Way = {
  name: 'HTTP/2',
  ask: askHttp2,
  socket: (url) => ({ createConnection: () => new ConnectSocket(url) as unknown as NetSocket }),
}

/** Forms of one channel read the first. */
type Channels = readonly [string, ...string[]]

/** How the forms are read that need no client of ours. */
export interface FormOptions {
  /** @default http1 */
  readonly way?: Way
  /** Where they are, for a report. @default nowhere */
  readonly at?: string
  /** A connection from which nothing has come for so long is given up. @default none is: a server that ends says so */
  readonly silentMs?: number
}

/** Where one reads. */
interface Place {
  readonly way: Way
  /** The mount path. */
  readonly base: string
  readonly channels: Channels
}

/** Reads as long as a connection lasts. */
type Leg = (reader: FormReader, signal: AbortSignal) => Promise<void>

/** What one has got, and what it was told that it lost. */
export class FormReader {
  readonly texts: string[] = []
  readonly gaps: string[] = []
  readonly name: string
  readonly channels: readonly string[]
  readonly #stop = new AbortController()
  #silence: NodeJS.Timeout | undefined

  constructor(name: string, channels: readonly string[], read: Leg, silentMs?: number) {
    this.name = name
    this.channels = channels
    const { signal } = this.#stop
    const again = async () => {
      while (!signal.aborted) {
        const silent = new AbortController()
        if (silentMs !== undefined) this.#silence = setTimeout(() => silent.abort(), silentMs)
        await read(this, AbortSignal.any([signal, silent.signal])).catch(() => undefined)
        clearTimeout(this.#silence)
        await wait(20)
      }
    }
    const ended = again()
    onTestFinished(async () => {
      this.#stop.abort()
      await ended
    })
  }

  /** Something has come, be it a heartbeat. */
  alive(): void {
    this.#silence?.refresh()
  }

  /** What one publisher has said. */
  of(publisher: string): string[] {
    return this.texts.filter((text) => text.startsWith(`${publisher} `))
  }
}

/** One for each form, and for each transport of our client. Those of several channels read all. */
export function onEveryForm(base: string, channels: Channels, options?: FormOptions): FormReader[] {
  const transports: readonly Transport[] = ['websocket', 'stream', 'poll']
  const clients = transports.map((transport) => ours(base, channels, transport, options?.at))
  return [...forms(base, channels, options), ...clients]
}

/** The same without our client. */
export function forms(base: string, channels: Channels, options: FormOptions = {}): FormReader[] {
  const { way = http1, silentMs, at = '' } = options
  const legs = { ...legsOfOne, ...legsOfMany }
  return Object.entries(legs).map(([name, leg]) => {
    const read = name in legsOfOne ? [channels[0]] : channels
    return new FormReader(`${name} over ${way.name} ${at}`, read, leg({ base, channels, way }), silentMs)
  })
}

const sse = { accept: 'text/event-stream' }

async function* eventsOf(body: Readable, reader: FormReader): AsyncGenerator<EventSourceMessage> {
  const events: EventSourceMessage[] = []
  const parser = createParser({ onEvent: (event) => events.push(event) })
  const decoder = new TextDecoder()
  for await (const chunk of body) {
    reader.alive()
    parser.feed(decoder.decode(chunk, { stream: true }))
    yield* events.splice(0)
  }
}

function eventStream({ way, base, channels }: Place): Leg {
  let id = ''
  return async (reader, signal) => {
    const headers = { ...sse, ...(id !== '' && { 'last-event-id': id }) }
    const { body } = await way.ask(`${base}/${channels[0]}?offset=-1`, { headers, signal })
    for await (const { event = 'message', data, id: next } of eventsOf(body, reader)) {
      if (event === 'gap') reader.gaps.push(data)
      if (event === 'message') reader.texts.push(JSON.parse(data) as string)
      if (next !== undefined) id = next
    }
  }
}

/** [protocol 3.3] Data counts when the control event after it has come. */
function durableEventStream({ way, base, channels }: Place): Leg {
  let offset = '-1'
  return async (reader, signal) => {
    const { status, body } = await way.ask(`${base}/${channels[0]}?live=sse&offset=${offset}`, { signal })
    if (status === 410) reader.gaps.push('410')
    let held: string[] = []
    for await (const { event, data } of eventsOf(body, reader)) {
      if (event === 'data') held = JSON.parse(data) as string[]
      if (event !== 'control') continue
      reader.texts.push(...held.splice(0))
      offset = (JSON.parse(data) as { streamNextOffset: string }).streamNextOffset
    }
  }
}

function longPoll({ way, base, channels }: Place): Leg {
  let offset = '-1'
  return async (reader, signal) => {
    const url = `${base}/${channels[0]}?live=long-poll&offset=${offset}`
    const { status, headers, body } = await way.ask(url, { signal })
    const text = await textOf(body)
    if (status === 410) reader.gaps.push('410')
    if (status === 200) reader.texts.push(...(JSON.parse(text) as string[]))
    if (status < 300) offset = String(headers['stream-next-offset'] ?? offset)
  }
}

/** [protocol 3.4] A message may come again, which its offset tells. */
function manyChannels({ way, base, channels }: Place): Leg {
  const last = new Map<string, string>()
  const query = channels.map((channel) => `channel=${channel}`).join('&')
  let id = ''
  return async (reader, signal) => {
    const headers = { ...sse, ...(id !== '' && { 'last-event-id': id }) }
    const { body } = await way.ask(`${base}?${query}&offset=-1`, { headers, signal })
    for await (const { event = 'message', data, id: next } of eventsOf(body, reader)) {
      if (next !== undefined) id = next
      if (event === 'gap') reader.gaps.push(data)
      if (event !== 'message') continue
      const message = JSON.parse(data) as { channel: string; offset: string; data: string }
      if (message.offset <= (last.get(message.channel) ?? '')) continue
      last.set(message.channel, message.offset)
      reader.texts.push(message.data)
    }
  }
}

/** Opens a WebSocket, and resolves when it is over. */
function untilClosed(
  socket: WebSocket,
  reader: FormReader,
  signal: AbortSignal,
  hear: (text: string) => void,
): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => socket.terminate()
    signal.addEventListener('abort', stop, { once: true })
    socket.on('ping', () => reader.alive())
    socket.on('message', (data) => {
      reader.alive()
      hear(String(data))
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      signal.removeEventListener('abort', stop)
      resolve()
    })
  })
}

/** Its messages have no positions: each connection begins at the start, and has to say the same. */
function plainWebSocket({ way, base, channels }: Place): Leg {
  const url = `${base.replace('http', 'ws')}/${channels[0]}?offset=-1`
  return async (reader, signal) => {
    let count = 0
    await untilClosed(new WebSocket(url, way.socket(url)), reader, signal, (data) => {
      const text = JSON.parse(data) as string
      if (count === reader.texts.length) reader.texts.push(text)
      else if (reader.texts[count] !== text) reader.gaps.push(`${text} instead of ${reader.texts[count]}`)
      count++
    })
  }
}

interface Frame {
  readonly type: string
  readonly channel: string
  readonly reason?: string
  readonly messages?: readonly { readonly offset: string; readonly data: string }[]
}

/** Positions of its channels, and what frames say of them. */
class Frames {
  readonly #positions: Map<string, string>

  constructor(channels: readonly string[]) {
    this.#positions = new Map(channels.map((channel) => [channel, '-1']))
  }

  get subscriptions() {
    return [...this.#positions].map(([channel, offset]) => ({ channel, offset }))
  }

  hear({ texts, gaps }: FormReader, { type, channel, reason, messages = [] }: Frame): void {
    if (type === 'gap') gaps.push(String(reason))
    for (const { offset, data } of messages) {
      texts.push(data)
      this.#positions.set(channel, offset)
    }
  }
}

function framesBySocket({ way, base, channels }: Place): Leg {
  const frames = new Frames(channels)
  const url = base.replace('http', 'ws')
  return async (reader, signal) => {
    const socket = new WebSocket(url, 'anywire.v1', way.socket(url))
    socket.on('open', () => socket.send(JSON.stringify({ type: 'subscribe', subscriptions: frames.subscriptions })))
    await untilClosed(socket, reader, signal, (text) => frames.hear(reader, JSON.parse(text) as Frame))
  }
}

function posted({ way, base }: Place, frames: Frames, accept: string, signal: AbortSignal) {
  const headers = { accept, 'content-type': 'application/json' }
  return way.ask(base, { method: 'POST', headers, body: JSON.stringify({ subscribe: frames.subscriptions }), signal })
}

function framesByStream(place: Place): Leg {
  const frames = new Frames(place.channels)
  return async (reader, signal) => {
    const { body } = await posted(place, frames, sse.accept, signal)
    for await (const { data } of eventsOf(body, reader)) frames.hear(reader, JSON.parse(data) as Frame)
  }
}

function framesInBatches(place: Place): Leg {
  const frames = new Frames(place.channels)
  return async (reader, signal) => {
    const { status, body } = await posted(place, frames, 'application/json', signal)
    const text = await textOf(body)
    if (status === 200) for (const frame of JSON.parse(text) as Frame[]) frames.hear(reader, frame)
  }
}

const legsOfOne = {
  'event stream': eventStream,
  'durable event stream': durableEventStream,
  'long poll': longPoll,
  'plain WebSocket': plainWebSocket,
}
const legsOfMany = {
  'event stream of many channels': manyChannels,
  'anywire.v1': framesBySocket,
  'anywire.v1 as a stream': framesByStream,
  'anywire.v1 in batches': framesInBatches,
}

function ours(base: string, channels: Channels, transport: Transport, at = ''): FormReader {
  const client = connect(base, { transports: [transport] })
  return new FormReader(`our client, ${transport} ${at}`, channels, async (reader, signal) => {
    signal.addEventListener('abort', () => client.close(), { once: true })
    const read = async (channel: string) => {
      for await (const item of client.subscribe(channel, { from: 'start' })) {
        if (item.kind === 'message') reader.texts.push(item.data as string)
        else if (item.kind === 'gap') reader.gaps.push(item.reason)
      }
    }
    await Promise.all(channels.map(read))
  })
}
