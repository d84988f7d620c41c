/** A reader of event streams that does what a browser's does, and shows the text as it came too. */
import { once } from 'node:events'
import { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request as open } from 'node:http'
import { createParser } from 'eventsource-parser'
import { onTestFinished } from 'vitest'
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
  /** Milliseconds of the last `retry:`. */
  retryMs: number | undefined
  /** Resolves when the answer is over. */
  readonly ended: Promise<void>
  readonly #events = new Inbox<StreamEvent>()
  readonly #request: ClientRequest
  readonly #grown = new Inbox<void>()

  constructor(request: ClientRequest, response: IncomingMessage) {
    this.#request = request
    this.status = response.statusCode!
    this.headers = response.headers
    const parser = createParser({
      onEvent: ({ event = 'message', data }) => this.#events.put({ event, data, id: this.lastEventId }),
      onRetry: (ms) => {
        this.retryMs = ms
      },
    })
    const decoder = new TextDecoder()
    response.on('data', (chunk: Buffer) => {
      // Line by line, so that an event is told the id that stands with it.
      for (const line of decoder.decode(chunk, { stream: true }).split(/(?<=\n)/)) {
        this.text += line
        parser.feed(line)
      }
      this.#grown.put()
    })
    response.on('error', () => undefined)
    this.ended = new Promise((resolve) => {
      response.once('close', () => {
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
    this.#request.destroy()
  }
}

/** Opens an event stream; any status answers. */
export async function stream(url: string, { method = 'GET', headers = {}, body }: Asked = {}): Promise<EventStream> {
  const request = open(url, { method, headers: { Accept: 'text/event-stream', ...headers }, agent: false })
  request.end(body)
  const [response] = await once(request, 'response')
  request.on('error', () => undefined)
  const opened = new EventStream(request, response)
  onTestFinished(() => opened.close())
  return opened
}
