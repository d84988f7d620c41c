/** A reader of event streams that does what a browser's does, inflating included, and shows the text as it came too. */
import type { IncomingHttpHeaders } from 'node:http'
import { createGunzip } from 'node:zlib'
import { createParser } from 'eventsource-parser'
import { onTestFinished } from 'vitest'
import { type Opened, open } from '../transport.js'
import { Inbox } from './inbox.js'
import type { Asked } from './request.js'

export interface StreamEvent {
  /** `message` if it has no name. */
  readonly event: string
  readonly data: string
  /** The last id that came, with this event or before it. */
  readonly id: string
}

export class EventStream {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** All text so far. */
  text = ''
  /** What was wrong with its bytes. */
  broken: Error | undefined
  /** Milliseconds of the last `retry:`. */
  retryMs: number | undefined
  /** Resolves when the answer is over. */
  readonly ended: Promise<void>
  readonly #events = new Inbox<StreamEvent>()
  readonly #opened: Opened
  readonly #grown = new Inbox<void>()

  constructor(opened: Opened) {
    this.#opened = opened
    this.status = opened.status
    this.headers = opened.headers
    const parser = createParser({
      onEvent: ({ event = 'message', data }) => {
        // Where a reader stands is no message: it is in `text`, and in `lastEventId`.
        if (event !== 'position') this.#events.put({ event, data, id: this.lastEventId })
      },
      onRetry: (ms) => {
        this.retryMs = ms
      },
    })
    const decoder = new TextDecoder()
    const body = opened.headers['content-encoding'] === 'gzip' ? opened.body.pipe(createGunzip()) : opened.body
    body.on('data', (chunk: Buffer) => {
      // Line by line, so that an event is told the id that stands with it.
      for (const line of decoder.decode(chunk, { stream: true }).split(/(?<=\n)/)) {
        this.text += line
        parser.feed(line)
      }
      this.#grown.put()
    })
    opened.body.on('error', () => undefined)
    body.on('error', (error) => {
      this.broken = error
    })
    this.ended = new Promise((resolve) => {
      body.once('close', () => {
        this.#events.end(`The stream has ended after ${JSON.stringify(this.text.slice(-300))}.`)
        this.#grown.end('The stream has ended.')
        resolve()
      })
    })
  }

  /** What a browser would send as `Last-Event-ID`. */
  get lastEventId(): string {
    return (
      this.text
        .match(/^id: ?(.*)$/gm)
        ?.at(-1)
        ?.replace(/^id: ?/, '') ?? ''
    )
  }

  /** The next event, or the next of a name. */
  next(event?: string): Promise<StreamEvent> {
    return this.#events.take((one) => event === undefined || one.event === event)
  }

  /** The data of the next `count` events. */
  async data(count: number): Promise<string[]> {
    const data: string[] = []
    while (data.length < count) data.push((await this.next()).data)
    return data
  }

  /** The data of the next `anywire.v1` frame of a type. */
  async frame<T = Record<string, unknown>>(type: string): Promise<T> {
    return JSON.parse((await this.#events.take((one) => JSON.parse(one.data).type === type)).data)
  }

  /** Resolves once the text fits. */
  async until(fits: (text: string) => boolean): Promise<void> {
    while (!fits(this.text)) await this.#grown.take()
  }

  close(): void {
    this.#opened.leave()
  }
}

/** Opens an event stream; any status answers. */
export async function stream(url: string, { headers = {}, ...asked }: Asked = {}): Promise<EventStream> {
  const opened = new EventStream(await open(url, { ...asked, headers: { Accept: 'text/event-stream', ...headers } }))
  onTestFinished(() => opened.close())
  return opened
}
