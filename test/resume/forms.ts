/** A reader that goes from one form to another, keeping nothing but its position. */
import { WebSocket } from 'ws'
import { readEvents } from '../../src/testing/index.js'
import { RawClient } from '../support/clients/raw-client.js'
import { type Item, Judge, last } from './ledger.js'
import type { World } from './world.js'

export const forms = [
  'page',
  'long-poll',
  'durable-sse',
  'plain-sse',
  'websocket',
  'post-stream',
  'post-batch',
  'in-process',
] as const
export type Form = (typeof forms)[number]

/** One request: cut off after so many bytes or messages, and stopped in the middle for a while. */
export interface Leg {
  readonly form: Form
  readonly cut: number
  readonly pauseMs: number
  readonly stayMs: number
}

interface Frame {
  readonly type: string
  readonly messages?: readonly { readonly offset: string; readonly data?: unknown }[]
  readonly reason?: string
  readonly to?: string
  readonly missed?: number
}

export class Traveller {
  readonly #world: World
  readonly #judge: Judge
  #position: string

  constructor(world: World, position: string) {
    this.#world = world
    this.#judge = new Judge(world.ledger)
    this.#position = position
  }

  get done(): boolean {
    return this.#judge.done
  }

  /** What it heard, for a report. */
  get story(): string {
    return `at ${this.#position} after ${this.#judge.heard.slice(-12).join(', ')}`
  }

  /** Reads on in another form. Being cut off, refused or sent away is no error; hearing something wrong is. */
  async go(leg: Leg): Promise<void> {
    switch (leg.form) {
      case 'page':
        return this.page(leg, `offset=${this.#position}`)
      case 'long-poll':
        return this.page(leg, `offset=${this.#position}&live=long-poll`)
      case 'durable-sse':
        return this.durable(leg)
      case 'plain-sse':
        return this.plain(leg)
      case 'websocket':
        return this.socket(leg)
      case 'post-stream':
        return this.post(leg, 'text/event-stream')
      case 'post-batch':
        return this.post(leg, 'application/json')
      case 'in-process':
        return this.local(leg)
    }
  }

  // ── what was heard ────────────────────────────────────────────────────────────────────────────────────────────

  private hear(form: Form, item: Item, position: string | undefined): void {
    if (item.kind === 'message' && item.id === last) this.#judge.finish()
    else this.#judge.hear(item, form)
    if (position) this.#position = position
  }

  /** The names in a run of bytes or values. */
  private ids(text: string): string[] {
    if (this.#world.kind === 'text') return [...text.matchAll(/<([\d.]+|last):[^>]*>/g)].map((match) => match[1]!)
    return (JSON.parse(text) as { id: string }[]).map(({ id }) => id)
  }

  private one(form: Form, data: unknown, position: string): void {
    const text = typeof data === 'string' ? data : JSON.stringify([data])
    const ids = this.ids(this.#world.kind === 'text' ? text : typeof data === 'string' ? `[${data}]` : text)
    for (const id of ids) this.hear(form, { kind: 'message', id }, position)
    this.#position = position
  }

  private frame(form: Form, frame: Frame): void {
    if (frame.type === 'messages') for (const { offset, data } of frame.messages!) this.one(form, data, offset)
    else if (frame.type === 'gap') {
      const { reason = '', to = '', missed } = frame
      this.hear(form, { kind: 'gap', reason, to, missed }, to)
    } else if (!['welcome', 'subscribed', 'heartbeat', 'drain', 'error'].includes(frame.type))
      throw new Error(`A frame that was not asked for: ${JSON.stringify(frame).slice(0, 200)}`)
  }

  // ── how it was asked ──────────────────────────────────────────────────────────────────────────────────────────

  /** Sends a request and waits until it is to be cut off, has waited long enough, or has been answered. */
  private async ask(leg: Leg, start: string, headers = '', body = ''): Promise<RawClient> {
    const length = body === '' ? '' : `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`
    const head = `${start} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${headers}${length}\r\n`
    const client = new RawClient(this.#world.port, head + body)
    const timer = setTimeout(() => client.socket.destroy(), leg.stayMs + leg.pauseMs)
    if (leg.pauseMs > 0) {
      await client.until((one) => one.head !== '')
      client.socket.pause()
      setTimeout(() => client.socket.resume(), leg.pauseMs)
    }
    await client.until((one) => one.body.length >= leg.cut)
    clearTimeout(timer)
    client.socket.destroy()
    return client
  }

  private get path(): string {
    return `/channels/${this.#world.channel}`
  }

  private async page(leg: Leg, query: string): Promise<void> {
    const client = await this.ask({ ...leg, cut: leg.cut < 3_000 ? leg.cut : 1e9 }, `GET ${this.path}?${query}`)
    const field = (name: string) => new RegExp(`\\r\\n${name}: ([^\\r]*)`, 'i').exec(client.head)?.[1]
    const to = field('Stream-Next-Offset')
    const whole = Number(field('Content-Length') ?? 0) === client.body.length && client.head !== ''
    if (!whole || to === undefined) return
    if (this.lost(leg, client)) return
    if (client.head.startsWith('HTTP/1.1 200')) {
      for (const id of this.ids(client.body.toString())) this.hear(leg.form, { kind: 'message', id }, undefined)
      this.#position = to
    } else if (client.head.startsWith('HTTP/1.1 204')) this.#position = to
  }

  /** [protocol 3] Of the durable forms a gap is 410. */
  private lost(leg: Leg, client: RawClient): boolean {
    if (!client.head.startsWith('HTTP/1.1 410')) return false
    const to = /stream-next-offset: ([^\r]*)/i.exec(client.head)?.[1]
    const length = Number(/content-length: (\d+)/i.exec(client.head)?.[1])
    if (to === undefined || client.body.length < length) return true
    const { error } = JSON.parse(client.body.toString()) as { error: { reason: string } }
    this.hear(leg.form, { kind: 'gap', reason: error.reason, to }, to)
    return true
  }

  /** Data counts when the control event that follows it has come. */
  private async durable(leg: Leg): Promise<void> {
    const client = await this.ask(leg, `GET ${this.path}?live=sse&offset=${this.#position}`)
    if (this.lost(leg, client) || !client.head.startsWith('HTTP/1.1 200')) return
    let held = ''
    for (const { event, data } of readEvents(client.body).events) {
      if (event === 'data') held = data
      else if (event === 'control') {
        if (held) for (const id of this.ids(held)) this.hear(leg.form, { kind: 'message', id }, undefined)
        held = ''
        this.#position = (JSON.parse(data) as { streamNextOffset: string }).streamNextOffset
      }
    }
  }

  private async plain(leg: Leg): Promise<void> {
    const resumes = leg.cut % 2 === 0
    const client = await this.ask(
      leg,
      resumes ? `GET ${this.path}` : `GET ${this.path}?offset=${this.#position}`,
      `Accept: text/event-stream\r\n${resumes ? `Last-Event-ID: ${this.#position}\r\n` : ''}`,
    )
    if (!client.head.startsWith('HTTP/1.1 200')) return
    const { events, lastEventId } = readEvents(client.body)
    for (const { event, data, id } of events) {
      if (event === 'gap')
        this.hear(leg.form, { kind: 'gap', ...(JSON.parse(data) as { reason: string; to: string }) }, id)
      else if (event !== 'position') this.one(leg.form, data, id)
    }
    if (lastEventId) this.#position = lastEventId
  }

  private async post(leg: Leg, accept: string): Promise<void> {
    const body = JSON.stringify({ subscribe: [{ channel: this.#world.channel, offset: this.#position }] })
    const batch = accept === 'application/json'
    const client = await this.ask(batch ? { ...leg, cut: 1e9 } : leg, 'POST /channels', `Accept: ${accept}\r\n`, body)
    if (!client.head.startsWith('HTTP/1.1 200')) return
    if (!batch) {
      for (const { data } of readEvents(client.body).events) this.frame(leg.form, JSON.parse(data) as Frame)
      return
    }
    const length = Number(/content-length: (\d+)/i.exec(client.head)?.[1])
    if (client.body.length < length) return
    for (const frame of JSON.parse(client.body.toString()) as Frame[]) this.frame(leg.form, frame)
  }

  private async socket(leg: Leg): Promise<void> {
    const socket = new WebSocket(`ws://127.0.0.1:${this.#world.port}/channels`, 'anywire.v1', {
      perMessageDeflate: false,
    })
    const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()))
    let failure: unknown
    let bytes = 0
    socket.on('error', () => undefined)
    socket.on('open', () => {
      const subscriptions = [{ channel: this.#world.channel, offset: this.#position }]
      socket.send(JSON.stringify({ type: 'subscribe', subscriptions }))
      if (leg.pauseMs === 0) return
      socket.pause()
      setTimeout(() => socket.resume(), leg.pauseMs)
    })
    socket.on('message', (data: Buffer) => {
      if (bytes >= leg.cut) return socket.terminate()
      bytes += data.length
      try {
        this.frame(leg.form, JSON.parse(data.toString()) as Frame)
      } catch (thrown) {
        failure ??= thrown
        socket.terminate()
      }
      if (this.done) socket.terminate()
    })
    const timer = setTimeout(() => socket.terminate(), leg.stayMs + leg.pauseMs)
    await closed
    clearTimeout(timer)
    if (failure) throw failure
  }

  private async local(leg: Leg): Promise<void> {
    const signal = AbortSignal.timeout(leg.stayMs + leg.pauseMs)
    let left = leg.cut % 300
    try {
      for await (const item of this.#world.hub.subscribe(this.#world.channel, { from: this.#position, signal })) {
        if (item.kind === 'gap') this.hear(leg.form, item, item.to)
        else this.one(leg.form, this.#world.kind === 'json' ? item.data : String(item.data), item.offset)
        if (this.done || left-- <= 0) return
        if (left === 10 && leg.pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, leg.pauseMs))
      }
    } catch (thrown) {
      if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'draining')) throw thrown
    }
  }
}
